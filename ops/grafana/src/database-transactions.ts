import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { orNone, perSecond, quantile } from './query.js'

export const transactions = [
  graph({
    title: 'Transactions per second',
    description: 'Transactions that ended, by outcome. `none` is a service that makes no transactions.',
    unit: units.OpsPerSecond,
    width: 12,
    stack: true,
    queries: [{ expr: orNone('outcome', perSecond('db_transactions_total', 'outcome')), legend: '{{outcome}}' }]
  }),
  graph({
    title: 'Transaction time, p95',
    description: 'Time from the begin of a transaction to its end that 95 % stayed under, by outcome. A transaction ' +
      'holds a connection, and its locks, all that time.',
    unit: units.Seconds,
    width: 12,
    alerts: ['LongTransactions'],
    queries: [
      { expr: orNone('outcome', quantile(0.95, 'db_transaction_duration_seconds', 'outcome')), legend: '{{outcome}}' }
    ]
  })
]
