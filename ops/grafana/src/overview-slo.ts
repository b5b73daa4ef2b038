import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, stat } from './panels.js'

// Recorded by ops/prometheus/rules/slo.yml, for all instances of a job together.
const left = 'slo:error_budget_left:ratio{job=~"$job"}'
const burned = (window: string) =>
  `slo:requests_bad:ratio_rate${window}{job=~"$job"} / on (slo) group_left () (1 - slo:objective:ratio)`

export const slo = [
  stat({
    title: 'Error budget left',
    description: 'Share of the bad requests of 30 days, or of as long as there are requests, that are still allowed; ' +
      'at 0 none is left. Availability: answered without 5xx. Latency: answered within half a second.',
    unit: units.PercentUnit,
    width: 6,
    limits: { warning: 0.25, critical: 0.001 },
    alerts: ['ErrorBudgetSpent'],
    queries: [{ expr: `clamp_min(${left}, 0)`, legend: '{{slo}}' }]
  }),
  graph({
    title: 'Error budget left, over time',
    description: 'A steep fall is an outage; a steady one that ends below 0 before 30 days have gone is a service ' +
      'that is worse than promised. What was spent more than twice is shown as -100 %.',
    unit: units.PercentUnit,
    width: 9,
    max: 1,
    alerts: ['ErrorBudgetBurn'],
    queries: [{ expr: `clamp_min(${left}, -1)`, legend: '{{slo}}' }]
  }),
  graph({
    title: 'Burn rate',
    description: 'How many times as fast as allowed the error budget is spent, over the last hour and the last six. ' +
      'At 1 it lasts for exactly 30 days; at 14.4 someone is woken.',
    unit: units.Short,
    width: 9,
    limits: { warning: 1, critical: 14.4 },
    alerts: ['ErrorBudgetBurn'],
    queries: [
      { expr: burned('1h'), legend: '{{slo}} 1h' },
      { expr: burned('6h'), legend: '{{slo}} 6h' }
    ]
  })
]
