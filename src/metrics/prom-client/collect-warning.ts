import { warnOfFailure, type WarningLog } from '../failure-warning.js'

/** Warns that a metric's function `collect` failed, and why; `instead` says what a scrape is served. */
export function warnOfCollect (log: WarningLog, metric: string, instead: string, error: unknown): void {
  warnOfFailure(log, { metric }, `The function collect of the metric ${metric} failed, and ${instead}`, error)
}
