import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, stat } from './panels.js'
import { orNone, perSecond, series } from './query.js'

export const errors = [
  graph({
    title: 'Queries that failed, by code',
    description: 'By SQLSTATE or the driver\'s code: 23… a constraint, 40… a conflict of transactions, 42… the ' +
      'statement, 53… the server lacks something, 57… the server stops, CONNECTION_… no connection.',
    unit: units.EventsPerSecond,
    width: 8,
    stack: true,
    alerts: ['DatabaseErrors', 'DatabaseOutOfResources', 'DatabaseContention'],
    queries: [{ expr: orNone('code', perSecond('db_query_errors_total', 'code')), legend: '{{code}}' }]
  }),
  graph({
    title: 'Queries that failed, by query',
    description: 'Which query it was.',
    unit: units.EventsPerSecond,
    width: 8,
    stack: true,
    alerts: ['DatabaseErrors'],
    queries: [{ expr: orNone('query', perSecond('db_query_errors_total', 'query')), legend: '{{query}}' }]
  }),
  graph({
    title: 'Connections that failed',
    description: 'Connections that could not be opened, by SQLSTATE or the driver\'s code: ECONNREFUSED nobody ' +
      'listens, 28… who we are, 53300 too many connections.',
    unit: units.EventsPerSecond,
    width: 8,
    stack: true,
    alerts: ['DatabaseConnectionFailures'],
    queries: [{ expr: orNone('code', perSecond('db_connection_errors_total', 'code')), legend: '{{code}}' }]
  }),
  graph({
    title: 'Queries sent again',
    description: 'Queries that the driver sent a second time by itself, after the server had forgotten a prepared ' +
      'statement.',
    unit: units.OpsPerSecond,
    width: 16,
    queries: [{ expr: perSecond('db_query_retries_total'), legend: 'sent again' }]
  }),
  stat({
    title: 'Migrations pending',
    description: 'Migrations that the database lacks. Until they are applied the service is not ready.',
    unit: units.Short,
    width: 8,
    limits: { critical: 1 },
    alerts: ['MigrationsPending'],
    queries: [{ expr: `max(${series('db_migrations_pending')})` }]
  })
]
