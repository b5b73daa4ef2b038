import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, heatmap, table } from './panels.js'
import { mean, perSecond, requestBuckets, series } from './query.js'

const requests = 'http_request_duration_seconds'
const by = 'method, route, status_code'

export const latency = [
  graph({
    title: 'Response time, quantiles',
    description: 'Time that half, 90 %, 95 % and 99 % of the requests stayed under.',
    unit: units.Seconds,
    width: 12,
    limits: { warning: 1 },
    alerts: ['HighResponseTime'],
    queries: [0.99, 0.95, 0.9, 0.5].map(q => ({
      expr: `histogram_quantile(${q}, ${requestBuckets})`,
      legend: `p${q * 100}`
    }))
  }),
  heatmap({
    title: 'Response time, all of them',
    description: 'How many requests took how long. Two bands are two kinds of requests; a band that rises is a ' +
      'slowness that a mean would hide.',
    unit: units.Seconds,
    width: 12,
    queries: [{ expr: requestBuckets, legend: '{{le}}' }]
  }),
  graph({
    title: 'Response time by instance, p95',
    description: 'Time that 95 % of the requests of each instance stayed under. One that is slower than the others ' +
      'is a reason to look at its machine.',
    unit: units.Seconds,
    width: 12,
    limits: { warning: 1 },
    alerts: ['HighResponseTime'],
    queries: [{ expr: series('instance:http_request_duration_seconds:p95_rate5m'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'Response time by instance, mean',
    description: 'Mean time of the requests of each instance. A high mean beside a low p95 are a few requests that ' +
      'hang.',
    unit: units.Seconds,
    width: 12,
    limits: { warning: 1 },
    alerts: ['HighResponseTime'],
    queries: [{ expr: series('instance:http_request_duration_seconds:mean_rate5m'), legend: '{{instance}}' }]
  }),
  table({
    title: 'Routes',
    description: 'Every route and status, those of probes and scrapes too: how often, how slow, and what share took ' +
      'longer than half a second, which is the objective. `__unknown__` is what matched no route.',
    unit: units.Seconds,
    width: 24,
    labels: { method: 'Method', route: 'Route', status_code: 'Status' },
    values: [
      { title: 'Per second', unit: units.RequestsPerSecond },
      { title: 'Mean' },
      { title: 'Over 0.5 s', unit: units.PercentUnit }
    ],
    sortBy: 'Per second',
    queries: [
      { expr: `${perSecond(`${requests}_count`, by)} > 0` },
      { expr: `${mean(requests, by)} >= 0` },
      { expr: `1 - ${perSecond(`${requests}_bucket`, by, 'le="0.5"')} / (${perSecond(`${requests}_count`, by)} > 0)` }
    ]
  })
]
