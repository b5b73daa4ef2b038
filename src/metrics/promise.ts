/** Whether a function that may return at once, or must, is async. */
export function isPromise (result: unknown): result is PromiseLike<unknown> {
  return typeof (result as PromiseLike<unknown> | undefined | null)?.then === 'function'
}

/** What is thrown in place of a promise, whose rejection nobody would wait for. */
export function asyncError (promise: PromiseLike<unknown>, message = ''): TypeError {
  promise.then(undefined, () => {})
  return new TypeError(message)
}
