/** Is told the name of a hook and what that threw, or rejected with. */
export type HookFailed = (hook: string, error: unknown) => void

/**
 * Wraps a function that an application gave to be told something, so that what it throws, or rejects with, does not
 * fail the query in whose course it was told.
 */
export function harmless<Args extends unknown[]> (
  hook: string,
  tell: (...args: Args) => unknown,
  failed: HookFailed
): (...args: Args) => void {
  return (...args) => {
    try {
      const told = tell(...args)
      if (told instanceof Promise) told.catch((error: unknown) => { failed(hook, error) })
    } catch (error) {
      failed(hook, error)
    }
  }
}
