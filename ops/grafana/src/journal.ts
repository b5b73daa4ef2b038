import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { createDashboard } from './dashboard.js'
import { history, now } from './journal-alerts.js'
import { delivery, kept, service } from './journal-service.js'
import { link } from './link.js'

const journalUrl = new TextBoxVariableBuilder('journal').label('Journal').defaultValue('http://localhost:8000').build()

/** What has been firing, by what Prometheus knows, and the journal's own work of keeping it for longer. */
export const journal = createDashboard({
  uid: 'vitals-journal',
  title: 'Vitals / Journal',
  description: 'What has been firing, as far back as Prometheus keeps it, and how the journal is doing, which keeps ' +
    'it for longer.',
  variables: [journalUrl],
  links: [
    link('The journal: firing', '$journal/api/alerts?status=firing'),
    link('The journal: stale', '$journal/api/alerts?status=stale'),
    link('The journal: summary', '$journal/api/alerts/summary')
  ],
  rows: [
    { title: 'Now', panels: now },
    { title: 'History', panels: history },
    { title: 'Delivery', panels: delivery },
    { title: 'What the journal keeps', panels: kept },
    { title: 'The journal itself', panels: service }
  ]
})
