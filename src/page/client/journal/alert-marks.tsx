import type { Alert } from '../data/alert.js'
import { words } from '../ui/words.js'

/** Whether an alert is firing, in a word and a colour. */
export function StatusMark ({ status }: Pick<Alert, 'status'>) {
  return <span class={`mark ${status}`}>{statusText(status)}</span>
}

/** How severe an alert is, in a word and a colour. */
export function SeverityMark ({ severity }: Pick<Alert, 'severity'>) {
  return <span class={`severity ${severityClass(severity)}`}>{severity ?? '–'}</span>
}

export const statuses = ['firing', 'resolved', 'stale'] as const

export function statusText (status: Alert['status']): string {
  const text = words.value
  return { firing: text.statusFiring, resolved: text.statusResolved, stale: text.statusStale }[status] ?? status
}

/** The class that colours a severity; those that are not known look alike. */
export function severityClass (severity: string | null): string {
  return `severity-${['critical', 'warning', 'info'].includes(severity ?? '') ? severity : 'other'}`
}
