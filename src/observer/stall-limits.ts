/** From when on a blocked event loop is looked into, and from when on the process is not alive, in milliseconds. */
export interface StallLimits {
  stallMs: number
  livenessMs: number
}

/**
 * Fills in what was not given of the option `observer`. Throws a TypeError when a process would not be alive before
 * what blocks it is looked into.
 */
export function stallLimits (
  { livenessBlockedMs: livenessMs = 10_000, stallMs = Math.min(1000, livenessMs) }: {
    stallMs?: number | undefined
    livenessBlockedMs?: number | undefined
  }
): StallLimits {
  if (stallMs <= livenessMs) return { stallMs, livenessMs }
  throw new TypeError(
    `The option observer.stallMs of metrics is ${stallMs}, but observer.livenessBlockedMs ${livenessMs}: ` +
    'the process would be restarted before what blocks it is looked into, so give one lower or the other higher'
  )
}
