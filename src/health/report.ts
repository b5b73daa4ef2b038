import type { Check, Outcome } from './check.js'

export type Status = 'healthy' | 'unhealthy'

export interface HealthReport {
  status: Status
  /** Seconds since 1970, with a fraction. */
  timestamp: number
  checks: Record<string, { status: Status, message: string }>
}

export type Answered = Pick<Check, 'name' | 'critical'> & { outcome: Outcome }

/** Returns the answer of `/health/`. A check that is not critical is shown, but does not make the whole unhealthy. */
export function healthReport (answers: Answered[], timestamp: number): HealthReport {
  const checks = answers.map(({ name, outcome }) => [
    name,
    { status: statusOf(outcome.healthy), message: outcome.message }
  ])
  return {
    status: statusOf(answers.every(({ critical, outcome }) => outcome.healthy || !critical)),
    timestamp,
    checks: Object.fromEntries(checks)
  }
}

/** Returns the reason of the first critical check that failed; undefined when none did. */
export function unreadyReason (answers: Answered[]): string | undefined {
  return answers.find(({ critical, outcome }) => critical && !outcome.healthy)?.outcome.reason
}

function statusOf (healthy: boolean): Status {
  return healthy ? 'healthy' : 'unhealthy'
}
