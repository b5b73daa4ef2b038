import { ReadsBusy } from './errors.js'

export const retryAfterSeconds = 5

export interface ReadLimiterOptions {
  /** How many reads run at once, each on a connection. */
  atOnce: number
  /** How many may wait for their turn; further ones are refused. */
  waiting?: number
  /** Milliseconds that a read waits for its turn before it is refused. */
  patienceMs?: number
  now?: () => number
}

/**
 * An answer that took at least `fromMs` milliseconds is kept for `times` as long as it took, and for `mostMs` at most.
 */
const keep = { fromMs: 250, times: 10, mostMs: 60_000 }

export type ReadLimiter<T> = (key: string, ask: () => Promise<T>) => Promise<T>

/**
 * Makes a function that limits expensive reads: only some run at once, reads with the same key share one answer, and an
 * answer that took long is kept for a while. It rejects with ReadsBusy when too many wait, or when one has waited for
 * too long, and with the error of a read that failed.
 */
export function createReadLimiter<T> ({
  atOnce,
  waiting = 20,
  patienceMs = 10_000,
  now = performance.now.bind(performance)
}: ReadLimiterOptions): ReadLimiter<T> {
  const answers = new Map<string, Promise<T>>()
  const queue: Array<() => void> = []
  let free = atOnce

  async function turn (): Promise<void> {
    if (free > 0) {
      free--
      return
    }
    if (queue.length >= waiting) throw new ReadsBusy(retryAfterSeconds)
    await new Promise<void>((resolve, reject) => {
      const granted = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(granted), 1)
        reject(new ReadsBusy(retryAfterSeconds))
      }, patienceMs)
      queue.push(granted)
    })
  }

  async function read (key: string, ask: () => Promise<T>): Promise<T> {
    let keptMs = 0
    try {
      await turn()
      const began = now()
      try {
        return await ask()
      } finally {
        const took = now() - began
        if (took >= keep.fromMs) keptMs = Math.min(keep.mostMs, took * keep.times)
        const next = queue.shift()
        if (next === undefined) free++
        else next()
      }
    } catch (error) {
      keptMs = 0
      throw error
    } finally {
      if (keptMs === 0) answers.delete(key)
      else setTimeout(() => { answers.delete(key) }, keptMs).unref()
    }
  }

  return async (key, ask) => {
    const known = answers.get(key)
    if (known !== undefined) return await known
    const answer = read(key, ask)
    answers.set(key, answer)
    return await answer
  }
}
