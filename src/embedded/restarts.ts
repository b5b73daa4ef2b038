import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { logOf, type Server } from './server.js'
import { lifeOf, pidOf, refuseSecondInstance } from './postmaster.js'

/** Milliseconds between two checks of a server that somebody else has started. */
const checkMs = 2000
/**
 * How many checks may look at the process id alone before one makes sure that it is still the server's. On Linux, each
 * check compares the start time of the process, and so none has to.
 */
const checksByPid = process.platform === 'linux' ? Infinity : 5
/** Milliseconds: before the first restart, at most before any, and until a server counts as one that stays up. */
const pauses = { firstMs: 500, mostMs: 30_000, stayedMs: 60_000 }

/**
 * Starts a server again whenever it ends by itself, after a pause. Returns a function that stops it for good. What goes
 * wrong with a restart is given to `progress`, and the next one is tried.
 */
export function keepRunning (
  cluster: string,
  first: Server,
  begin: () => Promise<Server>,
  progress: (message: string) => void
): () => Promise<void> {
  const stopped = new AbortController()
  const aborted = once(stopped.signal, 'abort').then(() => { stopped.signal.throwIfAborted() })
  const wait = async (milliseconds: number) => {
    await sleep(milliseconds, undefined, { signal: stopped.signal, ref: false })
  }
  let server = first

  async function follow () {
    for (let pause = pauses.firstMs, began = performance.now(); ; began = performance.now()) {
      await Promise.race([server.ended, aborted])
      // No event tells of the end of a server that somebody else has started meanwhile.
      for (let pid = await pidOf(cluster); pid !== undefined; pid = await pidOf(cluster)) {
        const lives = lifeOf(pid)
        for (let checks = 0; checks < checksByPid && lives(); checks++) await wait(checkMs)
      }
      if (performance.now() - began > pauses.stayedMs) pause = pauses.firstMs
      progress(
        `PostgreSQL has ended by itself: starting it again in ${pause / 1000} s ` +
        `(its log is ${logOf(cluster)})`
      )
      await wait(pause)
      pause = Math.min(pause * 2, pauses.mostMs)
      await server.stop()
      server = await refuseSecondInstance(cluster).then(begin).catch((error: Error) => {
        progress(error.message)
        return { ended: Promise.resolve(), stop: async () => {} }
      })
    }
  }

  const following = follow().catch(() => {})
  return async () => {
    stopped.abort()
    await following
    await server.stop()
  }
}
