import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, stat, timeline } from './panels.js'
import { mean, orNone, perSecond, series } from './query.js'

const up = { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } }

export const health = [
  stat({
    title: 'Targets up',
    description: 'Share of the instances that answered the last scrape.',
    unit: units.PercentUnit,
    width: 4,
    height: 6,
    limits: { warning: 1, critical: 0.5 },
    alerts: ['TargetDown', 'TargetAbsent'],
    queries: [{ expr: `avg(${series('up')})` }]
  }),
  stat({
    title: 'Up since',
    description: 'When the instance that was started last was started.',
    unit: units.DateTimeFromNow,
    width: 4,
    height: 6,
    alerts: ['ServiceRestarting'],
    queries: [{ expr: `max(${series('process_start_time_seconds')}) * 1000` }]
  }),
  timeline({
    title: 'Health checks',
    description: 'Whether the target answered its scrape, and whether each of its health checks passed when last ' +
      'run. They run when a probe asks.',
    unit: units.NoUnit,
    width: 16,
    height: 6,
    texts: up,
    alerts: ['HealthCheckFailing', 'ReadinessFailing'],
    queries: [
      { expr: series('up'), legend: 'scrape {{instance}}' },
      { expr: series('health_check_up'), legend: '{{check}} {{instance}}' }
    ]
  }),
  graph({
    title: 'Errors thrown',
    description: 'Errors thrown while answering requests, by the error\'s code or class, whatever the status that ' +
      'they led to.',
    unit: units.EventsPerSecond,
    width: 8,
    stack: true,
    queries: [{ expr: orNone('type', perSecond('http_request_errors_total', 'type')), legend: '{{type}}' }]
  }),
  graph({
    title: 'Clients that left',
    description: 'Requests whose response did not end, by route: the client gave up, or what was being sent broke. ' +
      'Many at once mean that the service is slower than clients can wait.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['ClientsLeaving'],
    queries: [{ expr: orNone('route', perSecond('http_requests_aborted_total', 'route')), legend: '{{route}}' }]
  }),
  graph({
    title: 'Refused before a route',
    description: 'Requests that the HTTP parser refused: 400 not HTTP, 408 too slow, 431 headers too large.',
    unit: units.RequestsPerSecond,
    width: 8,
    stack: true,
    alerts: ['RequestsMalformed'],
    queries: [{ expr: perSecond('http_client_errors_total', 'code'), legend: '{{code}}' }]
  }),
  timeline({
    title: 'Not ready, and why',
    description: 'Whether readiness is 503, by its reason, and the phase that the service is in.',
    unit: units.NoUnit,
    width: 12,
    texts: { 0: { text: 'no', color: 'green' }, 1: { text: 'yes', color: 'orange' } },
    alerts: ['ReadinessFailing', 'MigrationsPending'],
    queries: [
      { expr: series('service_unready'), legend: '{{reason}} {{instance}}' },
      { expr: series('service_phase', 'phase!="running"'), legend: '{{phase}} {{instance}}' }
    ]
  }),
  graph({
    title: 'Time of health checks',
    description: 'Mean time that each health check takes. It fails when that passes its deadline.',
    unit: units.Seconds,
    width: 12,
    alerts: ['HealthCheckFailing'],
    queries: [{ expr: mean('health_check_duration_seconds', 'check'), legend: '{{check}}' }]
  }),
  graph({
    title: 'Restarts that are no deploys',
    description: 'How often each instance started again within 15 minutes, in the same version.',
    unit: units.Short,
    width: 12,
    alerts: ['ServiceRestarted', 'ServiceRestarting'],
    queries: [{ expr: series('instance:process_restarts:count15m'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'Versions',
    description: 'How many instances run each version: a deploy is a line that goes down and one that goes up.',
    unit: units.Short,
    width: 12,
    stack: true,
    queries: [{ expr: `count by (version) (${series('build_info')})`, legend: '{{version}}' }]
  })
]
