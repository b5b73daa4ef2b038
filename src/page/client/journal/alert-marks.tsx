import type { Alert } from '../data/alert.js'
import { words } from '../ui/words.js'

/** Shows the status of an alert, by a word and a colour. */
export function StatusMark ({ status }: Pick<Alert, 'status'>) {
  return <span class={`mark ${status}`}>{statusText(status)}</span>
}

/** Shows the severity of an alert, by a word and a colour. */
export function SeverityMark ({ severity }: Pick<Alert, 'severity'>) {
  return <span class={`severity ${severityClass(severity)}`}>{severity ?? '–'}</span>
}

export const statuses = ['firing', 'resolved', 'stale'] as const

/** Returns the word for a status in the language of the page; one that is not known as it is. */
export function statusText (status: Alert['status']): string {
  const text = words.value
  return { firing: text.statusFiring, resolved: text.statusResolved, stale: text.statusStale }[status] ?? status
}

/** Returns the class that colours a severity. All unknown severities look alike. */
export function severityClass (severity: string | null): string {
  return `severity-${['critical', 'warning', 'info'].includes(severity ?? '') ? severity : 'other'}`
}
