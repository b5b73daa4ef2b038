import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, heatmap, table } from './panels.js'
import { buckets, mean, perSecond, quantile } from './query.js'

const execution = 'db_query_duration_seconds'
const wait = 'db_query_wait_seconds'
const by = 'query, operation'

export const queries = [
  graph({
    title: 'Wait against execution, p95',
    description: 'Time that 95 % of the queries stayed under, waiting and executing. Waiting above executing is a pool too small, or transactions held too long; executing is the database.',
    unit: units.Seconds,
    width: 8,
    alerts: ['SlowQueries', 'QueriesWaiting'],
    queries: [
      { expr: quantile(0.95, wait), legend: 'wait' },
      { expr: quantile(0.95, execution), legend: 'execution' }
    ]
  }),
  graph({
    title: 'Wait against execution, time',
    description: 'Seconds per second that queries spent waiting and executing: how many were, on average, in each phase.',
    unit: units.Short,
    width: 8,
    stack: true,
    queries: [
      { expr: perSecond(`${wait}_sum`), legend: 'wait' },
      { expr: perSecond(`${execution}_sum`), legend: 'execution' }
    ]
  }),
  heatmap({
    title: 'Execution, all of them',
    description: 'How many queries executed for how long.',
    unit: units.Seconds,
    width: 8,
    queries: [{ expr: buckets(execution), legend: '{{le}}' }]
  }),
  graph({
    title: 'Queries per second, by query',
    description: 'Queries executed per second. A leading comment names a query; others have the name of their place in the code.',
    unit: units.OpsPerSecond,
    width: 8,
    stack: true,
    queries: [{ expr: perSecond(`${execution}_count`, 'query'), legend: '{{query}}' }]
  }),
  graph({
    title: 'Execution p95, by query',
    description: 'Time that 95 % of the executions of each query stayed under.',
    unit: units.Seconds,
    width: 8,
    alerts: ['SlowQueries'],
    queries: [{ expr: quantile(0.95, execution, 'query'), legend: '{{query}}' }]
  }),
  graph({
    title: 'Database time, by query',
    description: 'Seconds per second that each query was executing. What is on top is worth an index first.',
    unit: units.Short,
    width: 8,
    stack: true,
    queries: [{ expr: perSecond(`${execution}_sum`, 'query'), legend: '{{query}}' }]
  }),
  table({
    title: 'Queries',
    description: 'Every query: how often, how long it waits and executes, how many rows it returns or changes.',
    unit: units.Seconds,
    width: 24,
    labels: { query: 'Query', operation: 'Operation' },
    values: [
      { title: 'Per second', unit: units.OpsPerSecond },
      { title: 'Mean execution' },
      { title: 'p95 execution' },
      { title: 'Mean wait' },
      { title: 'Rows per query', unit: units.Short }
    ],
    sortBy: 'Per second',
    queries: [
      { expr: `${perSecond(`${execution}_count`, by)} > 0` },
      { expr: `${mean(execution, by)} >= 0` },
      { expr: `${quantile(0.95, execution, by)} >= 0` },
      { expr: `${mean(wait, by)} >= 0` },
      { expr: `${perSecond('db_rows_total', by)} / ${perSecond(`${execution}_count`, by)} >= 0` }
    ]
  })
]
