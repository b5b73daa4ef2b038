import { performance } from 'node:perf_hooks'

/** Milliseconds between two readings of how late the event loop is. */
const interval = 50

export interface DelayWatch {
  /** The longest that the event loop was late of late, in milliseconds. */
  longest: () => number
  stop: () => void
}

/**
 * Watches how late the event loop is. A mean over many readings, which is what @fastify/under-pressure goes by, hides that the
 * loop has just been stuck; the longest delay is kept for at least `keepMs` milliseconds and at most twice as long.
 * @param now - reads a clock, in milliseconds
 */
export function watchDelay (keepMs: number, now: () => number = performance.now.bind(performance)): DelayWatch {
  let due = now() + interval
  let current = 0
  let previous = 0
  let since = now()

  function read () {
    const at = now()
    if (at - since > keepMs) {
      previous = current
      current = 0
      since = at
    }
    current = Math.max(current, at - due)
    due = at + interval
  }

  const timer = setInterval(read, interval)
  timer.unref()
  return {
    // What asks may come before the timer that the loop is late with.
    longest: () => Math.max(previous, current, now() - due),
    stop: () => { clearInterval(timer) }
  }
}
