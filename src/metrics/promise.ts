/** Whether a function that may be sync has returned a promise. */
export function isPromise (result: unknown): result is PromiseLike<unknown> {
  return typeof (result as PromiseLike<unknown> | undefined | null)?.then === 'function'
}

/**
 * The error for an async function where a sync one is needed. It also takes care of the promise's rejection, which
 * nobody waits for.
 */
export function asyncError (promise: PromiseLike<unknown>, message = ''): TypeError {
  promise.then(undefined, () => {})
  return new TypeError(message)
}
