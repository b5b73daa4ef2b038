import type { FastifyBaseLogger } from 'fastify'
import { safeMessage } from '../log.js'

export type WarningLog = Pick<FastifyBaseLogger, 'warn'>

/** Warns that a function of the application failed, in a sentence that its error ends. */
export function warnOfFailure (log: WarningLog, fields: object, sentence: string, error: unknown): void {
  log.warn({ ...fields, ...error instanceof Error && { err: error } }, `${sentence}: ${reasonOf(error)}`)
}

function reasonOf (error: unknown): string {
  if (error instanceof Error) return safeMessage(error)
  // An object may have a secret in it, and no text.
  return typeof error === 'object' && error !== null ? 'what it threw is no Error' : String(error)
}

/** Warns that a function of the options failed for a route, and why; `instead` says what becomes of that. */
export type OptionWarning = (option: string, route: string | undefined, instead: string, error: unknown) => void

/** Makes a function that warns once of each option of the plugin `metrics` whose function fails. */
export function createOptionWarning (log: WarningLog): OptionWarning {
  const told = new Set<string>()
  return (option, route, instead, error) => {
    if (told.has(option)) return
    told.add(option)
    warnOfFailure(
      log,
      { option, route },
      `The option ${option} of metrics failed for the route ${route ?? ''}, and ${instead}`,
      error
    )
  }
}
