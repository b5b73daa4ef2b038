import * as units from '@grafana/grafana-foundation-sdk/units'
import { link } from './link.js'
import { graph, stat, table, timeline } from './panels.js'

// Prometheus makes ALERTS itself, so that without a series there is no alert.
const none = 'label_replace(vector(0), "alertname", "none", "", "")'
const time = (edge: string) => `\${__${edge}:date:iso}`
const inJournal = link('These alerts in the journal', `$journal/api/alerts?from=${time('from')}&to=${time('to')}`)

export const now = [
  stat({
    title: 'Firing',
    description: 'Alerts that are firing now.',
    unit: units.Short,
    width: 4,
    limits: { critical: 1 },
    queries: [{ expr: 'count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)' }]
  }),
  stat({
    title: 'Pending',
    description: 'Alerts whose condition is true, but not yet for as long as the rule asks.',
    unit: units.Short,
    width: 4,
    limits: { warning: 1 },
    queries: [{ expr: 'count(ALERTS{alertstate="pending"}) or vector(0)' }]
  }),
  table({
    title: 'Firing or pending',
    description: 'Each alert, with the time since its condition became true. `none` when all is well.',
    unit: units.Seconds,
    width: 16,
    labels: { alertname: 'Alert', severity: 'Severity', instance: 'Instance' },
    values: [{ title: 'For' }],
    sortBy: 'For',
    links: [link('Firing in the journal', '$journal/api/alerts?status=firing')],
    queries: [
      {
        expr: 'time() - max by (alertname, severity, instance) (ALERTS_FOR_STATE{alertname!="Watchdog"}) ' +
          `or on () ${none}`
      }
    ]
  })
]

export const history = [
  timeline({
    title: 'Alerts over time',
    description: 'When each alert was pending and firing, as Prometheus knows. In the journal some may be stale: ' +
      'Alertmanager told no more of them, and nobody knows whether they went on for longer.',
    unit: units.NoUnit,
    width: 24,
    height: 10,
    texts: {
      0: { text: 'none', color: 'green' },
      1: { text: 'pending', color: 'orange' },
      2: { text: 'firing', color: 'red' }
    },
    links: [inJournal],
    queries: [
      {
        expr: 'max by (alertname) (2 * ALERTS{alertstate="firing", alertname!="Watchdog"} or ' +
          `ALERTS{alertstate="pending"}) or on () ${none}`,
        legend: '{{alertname}}'
      }
    ]
  }),
  table({
    title: 'Time firing',
    description: 'How long each alert has been firing within the time shown, to the minute, all its instances ' +
      'together.',
    unit: units.Seconds,
    width: 12,
    labels: { alertname: 'Alert', severity: 'Severity' },
    values: [{ title: 'Firing' }],
    sortBy: 'Firing',
    links: [inJournal],
    queries: [
      {
        expr: '60 * sum by (alertname, severity) (count_over_time(ALERTS{alertstate="firing", ' +
          `alertname!="Watchdog"}[$__range:1m])) or on () ${none}`
      }
    ]
  }),
  graph({
    title: 'Alerts firing',
    description: 'How many alerts were firing at once, by severity.',
    unit: units.Short,
    width: 12,
    stack: true,
    queries: [
      {
        expr: 'count by (severity) (ALERTS{alertstate="firing", alertname!="Watchdog"}) or on () ' +
          'label_replace(vector(0), "severity", "none", "", "")',
        legend: '{{severity}}'
      }
    ]
  })
]
