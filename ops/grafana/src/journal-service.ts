import * as units from '@grafana/grafana-foundation-sdk/units'
import { link } from './link.js'
import { graph, stat } from './panels.js'
import { orNone, perSecond, quantile, series } from './query.js'

const requests = 'http_request_duration_seconds'
const route = 'route=~"/api/alerts.*"'
const writes = `method="POST", ${route}`

/** The way of an alert, from Prometheus by way of Alertmanager to the journal. */
export const delivery = [
  graph({
    title: 'From Prometheus to Alertmanager',
    description: 'Alerts that Prometheus sent, each again and again while it fires, and those that it had to drop.',
    unit: units.CountsPerSecond,
    width: 12,
    alerts: ['AlertsNotSent', 'RulesFailing'],
    queries: [
      { expr: 'sum(rate(prometheus_notifications_sent_total[$__rate_interval]))', legend: 'sent' },
      { expr: 'sum(rate(prometheus_notifications_dropped_total[$__rate_interval]))', legend: 'dropped' }
    ]
  }),
  graph({
    title: 'From Alertmanager to the journal',
    description: 'Webhooks that the Alertmanagers tried to deliver, and those that failed for good. A heartbeat is ' +
      'among them where one is filled in.',
    unit: units.CountsPerSecond,
    width: 12,
    alerts: ['NotificationsFailing'],
    queries: [
      { expr: 'sum(rate(alertmanager_notifications_total{integration="webhook"}[$__rate_interval]))', legend: 'tried' },
      {
        expr: 'sum(rate(alertmanager_notifications_failed_total{integration="webhook"}[$__rate_interval]))',
        legend: 'failed'
      }
    ]
  })
]

const inJournal = 'In the journal an alert is firing; resolved, as Alertmanager said; or stale: no longer heard of, ' +
  'so it is over, though nobody said so, and may have gone on for longer.'

const oldest = series('journal_oldest_alert_timestamp_seconds')

export const kept = [
  stat({
    title: 'Alerts in the journal',
    description: 'Alerts that the journal keeps, looked at every hour, at first more often; from 200,000 on as ' +
      `PostgreSQL estimates it. ${inJournal}`,
    unit: units.Short,
    width: 12,
    links: [link('Stale alerts', '$journal/api/alerts?status=stale')],
    queries: [{ expr: `max(${series('journal_alerts')})` }]
  }),
  stat({
    title: 'History of the journal',
    description: 'Time since the oldest alert began that the journal keeps, looked at as often; 0 while there is ' +
      'none. What has been over for JOURNAL_RETENTION_DAYS goes.',
    unit: units.Seconds,
    width: 12,
    queries: [{ expr: `time() - min(${oldest} > 0) or 0 * max(${oldest})` }]
  })
]

export const service = [
  graph({
    title: 'Requests to the journal',
    description: 'Requests to /api/alerts per second, by method and route: POST is Alertmanager storing, GET is ' +
      'people reading.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    queries: [{ expr: perSecond(`${requests}_count`, 'method, route', route), legend: '{{method}} {{route}}' }]
  }),
  graph({
    title: 'Response time of the journal, p95',
    description: 'Time that 95 % of the requests stayed under, by method.',
    unit: units.Seconds,
    width: 8,
    alerts: ['HighResponseTime'],
    queries: [{ expr: quantile(0.95, requests, 'method', route), legend: '{{method}}' }]
  }),
  graph({
    title: 'Alerts not stored',
    description: 'Webhooks of Alertmanager that were not stored, by status. After a 5xx it tries again until the ' +
      'alerts are stored; 400, 401 and 413 are lost: no webhook, a wrong token, too large.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['HighErrorRate'],
    queries: [
      {
        expr: orNone('status_code', perSecond(`${requests}_count`, 'status_code', `${writes}, status_code!~"2.."`)),
        legend: '{{status_code}}'
      }
    ]
  }),
  graph({
    title: 'Alerts refused or left out',
    description: 'Alerts that the journal could not store and refused one by one, by reason, and those that ' +
      'Alertmanager left out of its requests (max_alerts). The history lacks them.',
    unit: units.CountsPerSecond,
    width: 12,
    alerts: ['JournalRefusingAlerts'],
    queries: [
      { expr: perSecond('journal_alerts_refused_total', 'reason'), legend: '{{reason}}' },
      { expr: perSecond('journal_alerts_truncated_total'), legend: 'left out' }
    ]
  }),
  graph({
    title: 'Alerts repaired',
    description: 'Alerts that were changed so that they could be stored, by what was changed: a character that ' +
      'PostgreSQL cannot hold, an end before its start, and so on.',
    unit: units.CountsPerSecond,
    width: 12,
    queries: [{ expr: perSecond('journal_alerts_repaired_total', 'reason'), legend: '{{reason}}' }]
  }),
  graph({
    title: 'Queries of the journal, p95',
    description: 'Time that 95 % of the executions of each of the journal\'s queries stayed under.',
    unit: units.Seconds,
    width: 12,
    alerts: ['SlowQueries'],
    queries: [
      {
        expr: 'max by (query) ' +
          `(${series('instance_query:db_query_duration_seconds:p95_rate5m', 'query=~".+_(alerts?|label_sets)"')})`,
        legend: '{{query}}'
      }
    ]
  }),
  graph({
    title: 'Rows of the journal',
    description: 'Rows that were read per second, by query.',
    unit: units.RowsPerSecond,
    width: 12,
    stack: true,
    queries: [{ expr: perSecond('db_rows_total', 'query', 'query=~".+_(alerts?|label_sets)"'), legend: '{{query}}' }]
  })
]
