import type { Context } from './context.js'
import type { Part } from './parts.js'

/**
 * The result of a step in one line; for a failure also the reason and what to do. A step is skipped when there is
 * nothing to check.
 */
export type Result =
  | { status: 'ok', says: string }
  | { status: 'skipped', says: string }
  | { status: 'failed', says: string, why: string, todo: string[] }

export interface Step {
  name: string
  title: string
  /** The parts that it checks; it is left out when one of them is. */
  parts: Part[]
  /** Steps that must have succeeded: otherwise this one would only find their faults again. */
  needs: string[]
  check: (context: Context) => Promise<Result>
}

/** The result of a step that found all as it should be. */
export function pass (says: string): Result {
  return { status: 'ok', says }
}

/** The result of a step that was left out, or had nothing to check, which is no failure. */
export function leave (says: string): Result {
  return { status: 'skipped', says }
}

/** The result of a step that found a fault: what is so, why, and what to do, each in a line. */
export function fail (says: string, why: string, ...todo: string[]): Result {
  return { status: 'failed', says, why, todo }
}

/** So many of something, such as "1 rule" or "3 rules". */
export function count (number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
