import { setTimeout as sleep } from 'node:timers/promises'
import type { Debugger } from 'node:inspector'
import { clock } from '../clock.js'
import { connectToMain } from './main-session.js'
import type { Sample } from './place.js'

const most = 10
/** Milliseconds between two samples. */
const betweenMs = 30
/** Milliseconds until main stops for a sample at the most, unless it is in native code or the machine is very busy. */
const javaScriptMs = 250

/**
 * Samples main's stack into `samples`, until there are enough or the signal aborts. Main is stopped for each sample and
 * let go at once. A CPU profile would not stop it, but cannot name functions that were optimised before it began, as
 * those that block for long are. While main is in native code, it stops when it returns to JavaScript. Only function,
 * file and line of a frame are read. Rejects where Node.js was built without an inspector.
 */
export async function sampleStacks (samples: Sample[], signal: AbortSignal): Promise<void> {
  const urls = new Map<string, string>()
  const session = await connectToMain()
  const aborted = new Promise<void>(resolve => {
    signal.addEventListener('abort', () => { resolve() }, { once: true })
  })
  let paused = () => {}
  let askedAt = 0

  session.on<Debugger.ScriptParsedEventDataType>(
    'Debugger.scriptParsed',
    ({ scriptId, url }) => { urls.set(scriptId, url) }
  )
  session.on<Debugger.PausedEventDataType>('Debugger.paused', ({ callFrames }) => {
    const stack = callFrames.map(({ functionName, location: { scriptId, lineNumber } }) =>
      ({ functionName, url: urls.get(scriptId) ?? '', lineNumber }))
    samples.push({ stack, afterNative: clock() - askedAt > javaScriptMs })
    session.post('Debugger.resume').catch(() => {})
    paused()
  })

  const work = async () => {
    // Sent together: a main in native code takes them when it returns from there, and would run on between the two.
    const enabled = session.post('Debugger.enable', { maxScriptsCacheSize: 0 })
    while (samples.length < most && !signal.aborted) {
      const stopped = new Promise<void>(resolve => { paused = resolve })
      askedAt = clock()
      await Promise.all([enabled, session.post('Debugger.pause')])
      await stopped
      await sleep(betweenMs)
    }
  }

  try {
    await Promise.race([work(), aborted])
  } finally {
    // Resumes main, also from a pause that has not begun.
    session.disconnect()
  }
}
