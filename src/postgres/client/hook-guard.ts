/** Called with the name of a hook, and with what it threw or rejected with. */
export type HookFailed = (hook: string, error: unknown) => void

/**
 * Wraps a function of the application that is told something, such as `onNotice`: when it throws or rejects, `failed`
 * is called, and the query goes on.
 */
export function guardHook<Args extends unknown[]> (
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
