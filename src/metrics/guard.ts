import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'

/** Keeps exceptions of what measures from what is measured. */
export interface Guard {
  /** Wraps a hook: what it throws is counted under the name, not propagated. */
  <Args extends unknown[]>(hook: string, run: (...args: Args) => void): (...args: Args) => void
  /**
   * Returns what a hook counts its exceptions in that catches them itself, since each request calls it and one call
   * more would cost.
   */
  failures: (hook: string) => ValueCell
}

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
