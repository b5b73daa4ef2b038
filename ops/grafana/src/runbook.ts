const page = 'https://github.com/fastify-vitals/fastify-vitals/blob/main/ops/runbook.md'

/** Where the runbook tells what to do about an alert; without one, the runbook's beginning. */
export function runbook (alert?: string): string {
  return alert === undefined ? page : `${page}#${alert.toLowerCase()}`
}
