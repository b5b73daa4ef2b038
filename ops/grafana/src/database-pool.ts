import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { mean, perSecond, quantile, series } from './query.js'

export const pool = [
  graph({
    title: 'Connections',
    description: 'Connections by state, and the most that the pools open. All of them used means that further ' +
      'queries wait.',
    unit: units.Short,
    width: 8,
    alerts: ['PoolSaturated'],
    queries: [
      { expr: `sum by (state) (${series('db_connections')})`, legend: '{{state}}' },
      { expr: `sum(${series('db_connections_max')})`, legend: 'most' }
    ]
  }),
  graph({
    title: 'Queries queued',
    description: 'Queries that wait for a connection, by instance.',
    unit: units.Short,
    width: 8,
    alerts: ['QueriesWaiting'],
    queries: [{ expr: series('db_queries_queued'), legend: '{{instance}} {{pool}}' }]
  }),
  graph({
    title: 'Wait, quantiles',
    description: 'Time that queries waited for their execution to begin: for a connection, or for queries before it.',
    unit: units.Seconds,
    width: 8,
    alerts: ['QueriesWaiting'],
    queries: [0.99, 0.95, 0.5].map(q => ({ expr: quantile(q, 'db_pool_query_wait_seconds'), legend: `p${q * 100}` }))
  }),
  graph({
    title: 'Connections opened and closed',
    description: 'Connections per second. Many of both mean that connections are lost, or an idle timeout that is ' +
      'too short.',
    unit: units.CountsPerSecond,
    width: 12,
    queries: [
      { expr: perSecond('db_connections_opened_total'), legend: 'opened' },
      { expr: perSecond('db_connections_closed_total'), legend: 'closed' }
    ]
  }),
  graph({
    title: 'Time to open a connection',
    description: 'Mean time from the attempt until the connection can be used. Gaps are times when none was opened.',
    unit: units.Seconds,
    width: 12,
    queries: [{ expr: mean('db_connection_create_seconds', 'instance'), legend: '{{instance}}' }]
  })
]
