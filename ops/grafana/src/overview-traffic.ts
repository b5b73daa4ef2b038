import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { mean, ofUsers, orNone, perSecond, series } from './query.js'

const requests = 'http_request_duration_seconds'
const failed = orNone('status_code', perSecond(`${requests}_count`, 'status_code', `${ofUsers}, status_code=~"5.."`))

const ofClass = (pattern: string) =>
  perSecond('http_service_duration_seconds_count', '', `traffic="users", status_class=~"${pattern}"`)

const aWeekBefore = (recorded: string) =>
  `sum(${series(recorded)} offset 1w) or 0 * sum(${series(recorded)})`

/** The five panels that a guide to monitoring begins with, and what tells instances and weeks apart. */
export const traffic = [
  graph({
    title: 'Requests per second',
    description: 'Requests answered per second, by method. Those of probes and scrapes are left out, here and below; ' +
      'the table of routes has them.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['TargetDown'],
    queries: [{ expr: perSecond(`${requests}_count`, 'method', ofUsers), legend: '{{method}}' }]
  }),
  graph({
    title: 'Average response time',
    description: 'Mean time from the arrival of a request to the end of its response, by route. A mean hides the ' +
      'slow ones: see the quantiles below.',
    unit: units.Seconds,
    width: 8,
    alerts: ['HighResponseTime'],
    queries: [{ expr: mean(requests, 'route', ofUsers), legend: '{{route}}' }]
  }),
  graph({
    title: 'Error rate',
    description: 'Share of requests answered with a 5xx status, by status: 503 is a database away or load shed, 500 ' +
      'a fault of the service.',
    unit: units.PercentUnit,
    width: 8,
    stack: true,
    limits: { critical: 0.05 },
    alerts: ['HighErrorRate'],
    queries: [
      {
        expr: `(${failed}) / on () group_left () ${perSecond(`${requests}_count`, '', ofUsers)}`,
        legend: '{{status_code}}'
      }
    ]
  }),
  graph({
    title: 'Database queries',
    description: 'Queries executed per second, by operation, failed ones included.',
    unit: units.OpsPerSecond,
    width: 12,
    stack: true,
    queries: [{ expr: perSecond('db_query_duration_seconds_count', 'operation'), legend: '{{operation}}' }]
  }),
  graph({
    title: 'Memory usage',
    description: 'Memory of the process that is in RAM, and the part of it that JavaScript objects use. A heap that ' +
      'grows from one day to the next is a leak.',
    unit: units.BytesIEC,
    width: 12,
    alerts: ['MemoryNearLimit', 'MemoryGrowing', 'HeapGrowing'],
    queries: [
      { expr: series('process_resident_memory_bytes'), legend: 'resident {{instance}}' },
      { expr: series('nodejs_heap_size_used_bytes'), legend: 'heap used {{instance}}' }
    ]
  }),
  graph({
    title: 'Error rate by instance',
    description: 'Share of the requests of each instance that were answered with 5xx. Only one that fails is a ' +
      'machine or a deploy; all of them, the database or the code.',
    unit: units.PercentUnit,
    width: 8,
    limits: { critical: 0.05 },
    alerts: ['HighErrorRate'],
    queries: [{ expr: series('instance:http_requests_failed:ratio_rate5m'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'Refused by us, 4xx',
    description: 'Share of users\' requests that were answered with 4xx. A jump after a deploy is a client or an ' +
      'interface that has changed.',
    unit: units.PercentUnit,
    width: 8,
    queries: [{ expr: `${ofClass('4xx')} / (${ofClass('.+')} > 0)`, legend: '4xx' }]
  }),
  graph({
    title: 'Requests, now and a week before',
    description: 'Requests per second of users beside those of the same time a week ago, and the errors among both. ' +
      'Marks are starts, of which the version is told.',
    unit: units.RequestsPerSecond,
    width: 8,
    queries: [
      { expr: `sum(${series('instance:http_requests:rate5m')})`, legend: 'now' },
      { expr: aWeekBefore('instance:http_requests:rate5m'), legend: 'a week before' },
      { expr: `sum(${series('instance:http_requests_failed:rate5m')})`, legend: '5xx now' },
      { expr: aWeekBefore('instance:http_requests_failed:rate5m'), legend: '5xx a week before' }
    ]
  })
]
