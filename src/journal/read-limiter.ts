import { ReadsBusy } from './errors.js'

export const retryAfterSeconds = 5

export interface ReadLimiterOptions {
  /** How many are under way at once, each on a connection. */
  atOnce: number
  /** How many wait, each with an answer of its own; more are refused. */
  waiting?: number
  /** Milliseconds that one waits before it is refused. */
  patienceMs?: number
  now?: () => number
}

/** An answer is kept if it took at least so many milliseconds: so many times as long as it took, up to the most. */
const keep = { fromMs: 250, times: 10, mostMs: 60_000 }

export type ReadLimiter<T> = (key: string, ask: () => Promise<T>) => Promise<T>

/**
 * Makes a function that shares out costly reads: a few are under way at once, equal ones are one, and an answer that
 * took long is given again for a while. It rejects with ReadsBusy where too many wait, or one has waited too long.
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
