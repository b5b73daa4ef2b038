/** How long, in milliseconds, the event loop may be blocked before that is looked into, and before liveness fails. */
export interface StallLimits {
  stallMs: number
  livenessMs: number
}

/**
 * Fills in the defaults of the option `observer`. Throws a TypeError when liveness would fail before it is looked into
 * what blocks the event loop.
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
