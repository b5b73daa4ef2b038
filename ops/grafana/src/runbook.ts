/**
 * Where the runbook tells what to do about an alert; without one, the runbook's beginning. The variable has its address
 * from the rules.
 */
export function runbook (alert?: string): string {
  return alert === undefined ? '$runbook' : `$runbook#${alert.toLowerCase()}`
}
