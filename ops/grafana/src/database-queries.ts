import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, heatmap, table } from './panels.js'
import { buckets, mean, perSecond, quantile, series } from './query.js'

const execution = 'db_query_duration_seconds'
const wait = 'db_query_wait_seconds'
/** All queries together: as cheap for 1,000 of them as for one. */
const allExecution = 'db_pool_query_duration_seconds'
const allWait = 'db_pool_query_wait_seconds'
const by = 'query, operation'
const executed = perSecond(`${execution}_count`, by)

/** As the rules record it, of the instance where it is longest. */
const p95 = (by: string) => `max by (${by}) (${series('instance_query:db_query_duration_seconds:p95_rate5m')})`

export const queries = [
  graph({
    title: 'Wait against execution, p95',
    description: 'Time that 95 % of the queries stayed under, waiting and executing. Waiting above executing is a ' +
      'pool too small, or transactions held too long; executing is the database.',
    unit: units.Seconds,
    width: 8,
    alerts: ['SlowQueries', 'QueriesWaiting'],
    queries: [
      { expr: quantile(0.95, allWait), legend: 'wait' },
      { expr: quantile(0.95, allExecution), legend: 'execution' }
    ]
  }),
  graph({
    title: 'Wait against execution, time',
    description: 'Seconds per second that queries spent waiting and executing: how many were, on average, in each ' +
      'phase.',
    unit: units.Short,
    width: 8,
    stack: true,
    queries: [
      { expr: perSecond(`${allWait}_sum`), legend: 'wait' },
      { expr: perSecond(`${allExecution}_sum`), legend: 'execution' }
    ]
  }),
  heatmap({
    title: 'Execution, all of them',
    description: 'How many queries executed for how long.',
    unit: units.Seconds,
    width: 8,
    queries: [{ expr: buckets(allExecution), legend: '{{le}}' }]
  }),
  graph({
    title: 'Queries per second, by query',
    description: 'Queries executed per second. A leading comment names a query; others have the name of their place ' +
      'in the code.',
    unit: units.OpsPerSecond,
    width: 8,
    stack: true,
    queries: [{ expr: perSecond(`${execution}_count`, 'query'), legend: '{{query}}' }]
  }),
  graph({
    title: 'Execution p95, by query',
    description: 'Time that 95 % of the executions of each query stayed under, on the instance where it is longest.',
    unit: units.Seconds,
    width: 8,
    alerts: ['SlowQueries'],
    queries: [{ expr: p95('query'), legend: '{{query}}' }]
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
    description: 'Every query: how often, how long it waits and executes, how many rows it returns or changes. p95 ' +
      'is that of the instance where it is longest.',
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
      { expr: `${executed} > 0` },
      { expr: `${mean(execution, by)} >= 0` },
      { expr: `${p95(by)} >= 0` },
      { expr: `${mean(wait, by)} >= 0` },
      // A query that has never had a row has no series of rows.
      { expr: `(${perSecond('db_rows_total', by)} / ${executed} or 0 * ${executed}) >= 0` }
    ]
  })
]
