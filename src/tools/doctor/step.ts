import type { Context } from './context.js'
import type { Part } from './parts.js'

/**
 * What a step found, in a line; when it failed also why that is and what to do. Left: there was nothing to find out.
 */
export type Result =
  | { status: 'ok', says: string }
  | { status: 'skipped', says: string }
  | { status: 'failed', says: string, why: string, todo: string[] }

export interface Step {
  name: string
  title: string
  /** The parts that it is about; it is left out with each of them. */
  parts: Part[]
  /** Steps that must not have failed, for what it would find then is theirs. */
  needs: string[]
  check: (context: Context) => Promise<Result>
}

export function pass (says: string): Result {
  return { status: 'ok', says }
}

export function leave (says: string): Result {
  return { status: 'skipped', says }
}

export function fail (says: string, why: string, ...todo: string[]): Result {
  return { status: 'failed', says, why, todo }
}

/** So many of something, such as "1 rule" or "3 rules". */
export function count (number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
