import type { Family } from '../family.js'

/** What a journal of alerts counts, where there is one. */
export const journal: readonly Family[] = [
  {
    name: 'journal_alerts_refused_total',
    type: 'counter',
    help: 'Alerts that could not be stored, by reason; of not_a_webhook and body_too_large, requests.',
    of: ['journal.refused'],
    labelNames: ['reason']
  },
  {
    name: 'journal_alerts_repaired_total',
    type: 'counter',
    help: 'Alerts that were changed so that they could be stored, by what was.',
    of: ['journal.repaired'],
    labelNames: ['reason']
  },
  {
    name: 'journal_alerts_truncated_total',
    type: 'counter',
    help: "Alerts that Alertmanager left out of its requests, by the receiver's max_alerts.",
    of: ['journal.truncated']
  },
  {
    name: 'journal_alerts',
    type: 'gauge',
    help: 'Alerts that the journal keeps, looked at every hour, at first more often; from 200,000 on estimated.',
    of: ['journal.alerts']
  },
  {
    name: 'journal_oldest_alert_timestamp_seconds',
    type: 'gauge',
    help: 'When the oldest alert that the journal keeps began, in seconds since 1970; 0 while there is none.',
    of: ['journal.oldest']
  }
]
