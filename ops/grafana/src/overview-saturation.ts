import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { orNone, perSecond, quantile, rate, series } from './query.js'

export const saturation = [
  graph({
    title: 'Event loop utilization',
    description: 'Share of time that the event loop was at work. At 1 every request waits for those before it: add ' +
      'an instance.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    limits: { warning: 0.9 },
    alerts: ['EventLoopBusy'],
    queries: [
      {
        expr: `${rate('nodejs_eventloop_active_seconds_total')} / (${rate('nodejs_eventloop_active_seconds_total')} ` +
          `+ ${rate('nodejs_eventloop_idle_seconds_total')})`,
        legend: '{{instance}}'
      }
    ]
  }),
  graph({
    title: 'Event loop delay, p99',
    description: 'Time by which the event loop was late, 99 % of the time or less. Long synchronous work, or garbage ' +
      'collection, blocks it.',
    unit: units.Seconds,
    width: 8,
    limits: { warning: 0.1 },
    alerts: ['EventLoopLate'],
    queries: [{ expr: quantile(0.99, 'nodejs_eventloop_delay_seconds', 'instance'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'CPU',
    description: 'Processors in use. JavaScript runs on one; garbage collection and the thread pool may use more.',
    unit: units.PercentUnit,
    width: 8,
    queries: [{ expr: rate('process_cpu_seconds_total'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'Connection pool in use',
    description: 'Share of the pool\'s connections that a query or a transaction holds. At 1 further queries wait.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    limits: { warning: 0.9 },
    alerts: ['PoolSaturated'],
    queries: [
      {
        expr: `sum by (instance, pool) (${series('db_connections', 'state="used"')}) / sum by (instance, pool) ` +
          `(${series('db_connections_max')})`,
        legend: '{{instance}} {{pool}}'
      }
    ]
  }),
  graph({
    title: 'Waiting and in flight',
    description: 'Requests that are being answered, and queries that wait for a connection.',
    unit: units.Short,
    width: 8,
    alerts: ['QueriesWaiting'],
    queries: [
      { expr: `sum(${series('http_requests_in_flight')})`, legend: 'requests in flight' },
      { expr: `sum(${series('db_queries_queued')})`, legend: 'queries queued' }
    ]
  }),
  graph({
    title: 'Requests shed',
    description: 'Requests refused with 503 to keep the service alive, by what was above its limit.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['RequestsShed'],
    queries: [{ expr: orNone('reason', perSecond('http_requests_shed_total', 'reason')), legend: '{{reason}}' }]
  })
]
