import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'

/** Keeps exceptions of the measuring away from what is measured. */
export interface Guard {
  /** Wraps a hook: what it throws is counted under the name, not propagated. */
  <Args extends unknown[]>(hook: string, run: (...args: Args) => void): (...args: Args) => void
  /**
   * Returns the cell in which a hook counts the exceptions that it catches itself: for hooks of each request, where a
   * wrapper would cost a call more.
   */
  failures: (hook: string) => ValueCell
}

/**
 * Makes the guard of a catalogue, which counts there by hook; exceptions of refreshing as of the hook `refresh`. What a
 * hook that is async rejects with is not caught.
 */
export function createGuard (catalogue: Catalogue): Guard {
  const errors = catalogue.value('metrics.hook.errors', ['hook'])
  const failures = (hook: string) => errors.cell(hook)
  const refresh = failures('refresh')
  catalogue.onRefresh(() => { refresh.set(catalogue.refreshErrors) })

  function guard<Args extends unknown[]> (hook: string, run: (...args: Args) => void): (...args: Args) => void {
    const failed = failures(hook)
    return (...args) => {
      try {
        run(...args)
      } catch {
        failed.add(1)
      }
    }
  }

  return Object.assign(guard, { failures })
}
