/** An alert as `GET /api/alerts` returns it. */
export interface Alert {
  id: string
  fingerprint: string
  status: 'firing' | 'resolved' | 'stale'
  name: string
  severity: string | null
  startsAt: string
  endsAt: string | null
  labels: Record<string, string>
  annotations: Record<string, string>
  generatorURL: string
  receiver: string
  externalURL: string
  receivedAt: string
  resolvedReceivedAt: string | null
  lastHeardAt?: string | null
}

/** Returns when an alert was over, in milliseconds since 1970; null while it fires. */
export function endOf ({ status, endsAt, lastHeardAt }: Alert): number | null {
  if (status === 'firing') return null
  const end = endsAt ?? lastHeardAt
  return end == null ? null : Date.parse(end)
}

/** Returns the seconds from when an alert began until it was over, or until now while it fires. */
export function secondsOf (alert: Alert): number {
  return ((endOf(alert) ?? Date.now()) - Date.parse(alert.startsAt)) / 1000
}
