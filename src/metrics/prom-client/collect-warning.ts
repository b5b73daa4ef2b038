import type { FastifyBaseLogger } from 'fastify'
import { safeMessage } from '../../log.js'

export type WarningLog = Pick<FastifyBaseLogger, 'warn'>

/** Warns that a metric's function `collect` failed, and why; `instead` says what a scrape is served. */
export function warnOfCollect (log: WarningLog, metric: string, instead: string, error: unknown): void {
  const why = error instanceof Error ? safeMessage(error) : String(error)
  log.warn(
    { metric, ...error instanceof Error && { err: error } },
    `The function collect of the metric ${metric} failed, and ${instead}: ${why}`
  )
}
