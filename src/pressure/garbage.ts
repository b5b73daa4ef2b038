import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { clock } from '../clock.js'

/** Milliseconds until it is collected again at the earliest. */
const pauseMs = 10_000
/** Most of the time that collecting may take. */
const mostShare = 0.02

/**
 * Makes a function that has garbage collected once what is under way is done, at most every ten seconds. Used heap
 * counts what nobody holds any more, and V8 has no reason to look for that while load is shed, since what is shed
 * allocates little: a heap that was full for a moment would be taken for full for up to a minute.
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
