import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'

/** Keeps exceptions of what measures from what is measured. */
export interface Guard {
  /** Makes of a hook one whose exceptions are counted under its name and go no further. */
  <Args extends unknown[]>(hook: string, run: (...args: Args) => void): (...args: Args) => void
  /**
   * What a hook counts its exceptions in that catches them itself, since each request calls it and a call more would
   * cost.
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
