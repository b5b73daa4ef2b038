import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, heatmap } from './panels.js'
import { buckets, quantile, rate } from './query.js'

const active = rate('nodejs_eventloop_active_seconds_total')
const idle = rate('nodejs_eventloop_idle_seconds_total')

export const eventLoop = [
  graph({
    title: 'Delay, quantiles',
    description: 'Time by which a timer was late. Above 100 ms requests notice; the service sheds load when the mean ' +
      'is above its limit.',
    unit: units.Seconds,
    width: 8,
    limits: { warning: 0.1 },
    alerts: ['EventLoopLate'],
    queries: [0.999, 0.99, 0.9, 0.5].map(q => ({
      expr: quantile(q, 'nodejs_eventloop_delay_seconds'),
      legend: `p${q * 100}`
    }))
  }),
  heatmap({
    title: 'Delay, all readings',
    description: 'How many readings found the event loop how late.',
    unit: units.Seconds,
    width: 8,
    queries: [{ expr: buckets('nodejs_eventloop_delay_seconds'), legend: '{{le}}' }]
  }),
  graph({
    title: 'Utilization',
    description: 'Share of time that the event loop was at work, by instance. Busy but not late is well used.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    limits: { warning: 0.9 },
    alerts: ['EventLoopBusy'],
    queries: [{ expr: `${active} / (${active} + ${idle})`, legend: '{{instance}}' }]
  })
]
