import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, heatmap, table } from './panels.js'
import { buckets, mean, ofUsers, perSecond, quantile } from './query.js'

const requests = 'http_request_duration_seconds'

export const latency = [
  graph({
    title: 'Response time, quantiles',
    description: 'Time that half, 90 %, 95 % and 99 % of the requests stayed under, estimated within the buckets of the histogram.',
    unit: units.Seconds,
    width: 12,
    limits: { warning: 1 },
    alerts: ['HighResponseTime'],
    queries: [0.99, 0.95, 0.9, 0.5].map(q => ({ expr: quantile(q, requests, '', ofUsers), legend: `p${q * 100}` }))
  }),
  heatmap({
    title: 'Response time, all of them',
    description: 'How many requests took how long. Two bands are two kinds of requests; a band that rises is a slowness that a mean would hide.',
    unit: units.Seconds,
    width: 12,
    queries: [{ expr: buckets(requests, '', ofUsers), legend: '{{le}}' }]
  }),
  table({
    title: 'Routes',
    description: 'Every route and status, those of probes and scrapes too: how often, and how slow. `__unknown__` is what matched no route.',
    unit: units.Seconds,
    width: 24,
    labels: { method: 'Method', route: 'Route', status_code: 'Status' },
    values: [{ title: 'Per second', unit: units.RequestsPerSecond }, { title: 'Mean' }, { title: 'p95' }],
    sortBy: 'Per second',
    queries: [
      { expr: `${perSecond(`${requests}_count`, 'method, route, status_code')} > 0` },
      { expr: `${mean(requests, 'method, route, status_code')} >= 0` },
      { expr: `${quantile(0.95, requests, 'method, route, status_code')} >= 0` }
    ]
  })
]
