/** What the documentation shows, and what "Try it out" sends. */
const labels = { alertname: 'HighErrorRate', severity: 'critical', instance: 'web-1:8000' }
const annotations = { summary: '8 % of the requests of web-1:8000 fail' }
const startsAt = '2026-01-31T12:00:00Z'

export const exampleId = '1'
const exampleCursor = 'MjAyNi0wMS0zMVQxMjowMDowMC4wMDAwMDBaLzE'

export const exampleWebhook = {
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'journal',
  groupLabels: { alertname: labels.alertname },
  commonLabels: labels,
  commonAnnotations: annotations,
  externalURL: 'http://localhost:9093',
  alerts: [{
    status: 'firing',
    labels,
    annotations,
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://localhost:9090/graph?g0.expr=vector(1)',
    fingerprint: 'c0ffee'
  }]
}

export const exampleStored = {
  received: 1,
  created: 1,
  resolved: 0,
  reopened: 0,
  unchanged: 0,
  ended: 0,
  refused: 0,
  refusals: [],
  truncated: 0
}

export const exampleAlert = {
  id: exampleId,
  fingerprint: 'c0ffee',
  status: 'resolved',
  name: labels.alertname,
  severity: labels.severity,
  startsAt: '2026-01-31T12:00:00.000000Z',
  endsAt: '2026-01-31T12:10:00.000000Z',
  lastHeardAt: '2026-01-31T12:10:05.250000Z',
  labels,
  annotations,
  generatorURL: 'http://localhost:9090/graph?g0.expr=vector(1)',
  receiver: 'journal',
  groupKey: '{}:{alertname="HighErrorRate"}',
  externalURL: 'http://localhost:9093',
  receivedAt: '2026-01-31T12:00:30.125000Z',
  resolvedReceivedAt: '2026-01-31T12:10:05.250000Z'
}

export const examplePage = { alerts: [exampleAlert], next: exampleCursor }

export const exampleSummary = {
  summary: [
    {
      name: labels.alertname,
      count: 3,
      firing: 0,
      stale: 0,
      firingSeconds: 1800,
      meanSeconds: 600,
      longestSeconds: 900,
      lastSeenAt: '2026-01-31T12:10:00.000000Z'
    }
  ]
}

export const exampleError = {
  statusCode: 400,
  code: 'INVALID_INPUT',
  error: 'Bad Request',
  message: 'querystring/limit must be a whole number from 1 to 200, but is 0'
}
