import type { Profiler as V8Profiler } from 'node:inspector'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectToMain } from './main-session.js'

/** Microseconds between two samples. */
const samplingUs = 1000

/** Milliseconds: how long main may take to hand a profile over once that is complete. */
const patienceMs = 30_000

/** Another profile is being taken, and there is one at a time. */
export class ProfilerBusy extends Error {
  constructor () { super('A CPU profile is being taken already: ask again when it is done') }
}

/** The main thread of the app is a worker, of which Node.js takes no profile. */
export class NotInspectable extends Error {
  constructor () {
    super('This app runs in a worker thread: Node.js lets a thread profile no other but the main one')
  }
}

/** Takes CPU profiles of the main thread, one at a time. */
export interface Profiler {
  /**
   * Takes a profile of `ms` milliseconds, or less when aborted. Rejects with ProfilerBusy while another is being taken,
   * with NotInspectable where main is a worker thread, and with an Error when main does not hand it over in time, as
   * during a long native call, or Node.js was built without an inspector.
   */
  take: (ms: number, signal: AbortSignal) => Promise<V8Profiler.Profile>
}

/**
 * Makes the profiler of main, with a session for each profile. Where `isInspectable` is false it takes none, and
 * rejects with NotInspectable.
 */
export function createProfiler (isInspectable: boolean): Profiler {
  let busy = false

  async function record (ms: number, signal: AbortSignal): Promise<V8Profiler.Profile> {
    const session = await connectToMain()
    const late = sleep(
      ms + patienceMs,
      undefined,
      { ref: false }
    ).then(() => { throw new Error('The main thread did not hand the profile over in time') })
    const work = async () => {
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: samplingUs })
      await session.post('Profiler.start')
      await sleep(ms, undefined, { signal }).catch(() => {})
      return (await session.post<{ profile: V8Profiler.Profile }>('Profiler.stop')).profile
    }
    try {
      return await Promise.race([work(), late])
    } finally {
      session.disconnect()
    }
  }

  return {
    take: async (ms, signal) => {
      if (!isInspectable) throw new NotInspectable()
      if (busy) throw new ProfilerBusy()
      busy = true
      try {
        return await record(ms, signal)
      } finally {
        busy = false
      }
    }
  }
}
