import { isPromise } from '../promise.js'

/** Milliseconds that the `collect` functions of metrics are given before a scrape goes on without them. */
export const patienceMs = 1000

/**
 * Calls a metric's function `collect` before a scrape. Returns a promise where that has to be waited for, which is
 * fulfilled at the deadline at the latest; neither throws nor rejects.
 */
export type CollectHook = () => Promise<void> | undefined

export interface CollectFailures {
  /** Called for each scrape that is served what was set before. */
  readonly count: () => void
  /** Told why, once until it has worked again. */
  readonly tell: (error: unknown) => void
}

/** Makes it of a function, sync or async. One that is late is not called again before it has ended. */
export function createCollectHook (collect: () => unknown, { count, tell }: CollectFailures): CollectHook {
  let isWell = true
  let isLate = false
  let underWay: Promise<void> | undefined

  function fail (error: unknown): void {
    count()
    if (isWell) tell(error)
    isWell = false
  }

  async function wait (promise: PromiseLike<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        isLate = true
        fail(new Error(`it has not ended within ${patienceMs} ms`))
        resolve()
      }, patienceMs)
    })
    const ended = Promise.resolve(promise).then(
      () => { isWell ||= !isLate },
      error => { if (!isLate) fail(error) }
    ).then(() => {
      clearTimeout(timer)
      isLate = false
      underWay = undefined
    })
    await Promise.race([ended, deadline])
  }

  return () => {
    if (isLate) {
      count()
      return
    }
    if (underWay !== undefined) return underWay
    try {
      const result = collect()
      if (isPromise(result)) return (underWay = wait(result))
      isWell = true
    } catch (error) {
      fail(error)
    }
  }
}
