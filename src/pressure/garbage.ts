import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { clock } from '../clock.js'

/** Least milliseconds between two collections. */
const pauseMs = 10_000
/** Most of the time that collections may take, as a share. */
const mostShare = 0.02

/**
 * Makes a function that has garbage collected after the current callback, at most every ten seconds. The used heap
 * includes garbage, and while load is shed hardly anything is allocated, so V8 has no reason to collect: a heap that
 * was full for a moment would look full for up to a minute.
 */
export function createCollector (): () => void {
  let next = 0
  return () => {
    if (clock() < next) return
    next = Infinity
    setImmediate(() => {
      const began = clock()
      collect()
      const ended = clock()
      next = ended + Math.max(pauseMs, (ended - began) / mostShare)
    })
  }
}

function collect (): void {
  setFlagsFromString('--expose-gc')
  // Undefined where V8 takes no more flags: then it collects when it sees a reason to.
  const gc = runInNewContext('globalThis.gc') as (() => void) | undefined
  setFlagsFromString('--no-expose-gc')
  gc?.()
}
