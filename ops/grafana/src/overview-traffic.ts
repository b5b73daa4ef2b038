import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { mean, ofUsers, orNone, perSecond, series } from './query.js'

const requests = 'http_request_duration_seconds'
const failed = orNone('status_code', perSecond(`${requests}_count`, 'status_code', `${ofUsers}, status_code=~"5.."`))

/** The five panels that a guide to monitoring begins with. */
export const traffic = [
  graph({
    title: 'Requests per second',
    description: 'Requests answered per second, by method. Those of probes and scrapes are left out, here and below; the table of routes has them.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['TargetDown'],
    queries: [{ expr: perSecond(`${requests}_count`, 'method', ofUsers), legend: '{{method}}' }]
  }),
  graph({
    title: 'Average response time',
    description: 'Mean time from the arrival of a request to the end of its response, by route. A mean hides the slow ones: see the quantiles below.',
    unit: units.Seconds,
    width: 8,
    alerts: ['HighResponseTime'],
    queries: [{ expr: mean(requests, 'route', ofUsers), legend: '{{route}}' }]
  }),
  graph({
    title: 'Error rate',
    description: 'Share of requests answered with a 5xx status, by status: 503 is a database away or load shed, 500 a fault of the service.',
    unit: units.PercentUnit,
    width: 8,
    stack: true,
    limits: { critical: 0.05 },
    alerts: ['HighErrorRate'],
    queries: [{ expr: `(${failed}) / on () group_left () ${perSecond(`${requests}_count`, '', ofUsers)}`, legend: '{{status_code}}' }]
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
    description: 'Memory of the process that is in RAM, and the part of it that JavaScript objects use. A heap that grows from one day to the next is a leak.',
    unit: units.BytesIEC,
    width: 12,
    alerts: ['MemoryNearLimit', 'MemoryGrowing', 'HeapGrowing'],
    queries: [
      { expr: series('process_resident_memory_bytes'), legend: 'resident {{instance}}' },
      { expr: series('nodejs_heap_size_used_bytes'), legend: 'heap used {{instance}}' }
    ]
  })
]
