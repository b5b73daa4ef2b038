import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, stat, table } from './panels.js'
import { perSecond, quantile, series } from './query.js'

export const process = [
  graph({
    title: 'CPU',
    description: 'Processors in use, by the program itself and by the system for it.',
    unit: units.PercentUnit,
    width: 8,
    stack: true,
    queries: [
      { expr: perSecond('process_cpu_user_seconds_total'), legend: 'user' },
      { expr: perSecond('process_cpu_system_seconds_total'), legend: 'system' }
    ]
  }),
  graph({
    title: 'Handles and other resources',
    description: 'What keeps the event loop alive, by type: sockets, servers, timers, requests of the thread pool. A ' +
      'type that only grows is a leak.',
    unit: units.Short,
    width: 8,
    queries: [{ expr: `sum by (type) (${series('nodejs_active_resources')})`, legend: '{{type}}' }]
  }),
  graph({
    title: 'File descriptors in use',
    description: 'Share of the descriptors that the process may open. Sockets are descriptors: at 1 connections are ' +
      'refused.',
    unit: units.PercentUnit,
    width: 8,
    max: 1,
    limits: { warning: 0.8 },
    alerts: ['FileDescriptorsShort'],
    queries: [{ expr: `${series('process_open_fds')} / ${series('process_max_fds')}`, legend: '{{instance}}' }]
  }),
  table({
    title: 'Versions',
    description: 'What runs where, and since when.',
    unit: units.DateTimeFromNow,
    width: 24,
    height: 5,
    labels: { instance: 'Instance', version: 'Version', node: 'Node.js' },
    values: [{ title: 'Started' }],
    sortBy: 'Started',
    queries: [
      {
        expr: `${series('build_info')} * on (namespace, job, instance) group_left () ` +
          `${series('process_start_time_seconds')} * 1000`
      }
    ]
  })
]

export const measuring = [
  graph({
    title: 'Time of a scrape',
    description: 'Time to write the metrics, 99 % of the time or less, and the whole scrape as Prometheus saw it.',
    unit: units.Seconds,
    width: 8,
    alerts: ['ScrapeSlow'],
    queries: [
      { expr: quantile(0.99, 'metrics_scrape_duration_seconds', 'instance'), legend: 'writing, p99 {{instance}}' },
      { expr: series('scrape_duration_seconds'), legend: 'scrape {{instance}}' }
    ]
  }),
  graph({
    title: 'Series held',
    description: 'Series in memory. The cap is METRICS_MAX_SERIES; what is past it is folded into `__overflow__`.',
    unit: units.Short,
    width: 8,
    queries: [{ expr: series('metrics_series'), legend: '{{instance}}' }]
  }),
  graph({
    title: 'Size of a scrape',
    description: 'Size of the metrics of the last scrape.',
    unit: units.BytesIEC,
    width: 4,
    queries: [{ expr: series('metrics_scrape_bytes'), legend: '{{instance}}' }]
  }),
  stat({
    title: 'Label values folded',
    description: 'Label values past the cap since the start. More than 0: some label has values without end.',
    unit: units.Short,
    width: 4,
    limits: { warning: 1 },
    alerts: ['SeriesFolded'],
    queries: [{ expr: `sum(${series('metrics_series_folded_total')})` }]
  }),
  graph({
    title: 'Samples in Prometheus, beside series held',
    description: 'What a series held comes out as: a histogram is a sample for each bucket, under each of ' +
      'METRICS_NAMES. Above sample_limit, Prometheus stores none.',
    unit: units.Short,
    width: 8,
    alerts: ['ScrapeSamplesNearLimit', 'ScrapeSampleLimitHit'],
    queries: [
      { expr: series('scrape_samples_scraped'), legend: 'samples {{instance}}' },
      { expr: series('metrics_series'), legend: 'series held {{instance}}' }
    ]
  }),
  graph({
    title: 'Exceptions in what measures',
    description: 'What they would have counted is missing; requests and queries went on.',
    unit: units.Short,
    width: 8,
    alerts: ['MetricsHookErrors'],
    queries: [
      { expr: `sum by (hook) (increase(${series('metrics_hook_errors_total')}[$__rate_interval]))`, legend: '{{hook}}' }
    ]
  }),
  graph({
    title: 'Size of bodies, p95',
    description: 'Bytes that 95 % of the request and response bodies stayed under; their bounds are powers of four.',
    unit: units.BytesIEC,
    width: 8,
    queries: [
      { expr: quantile(0.95, 'http_request_body_bytes'), legend: 'requests' },
      { expr: quantile(0.95, 'http_response_body_bytes'), legend: 'responses' }
    ]
  })
]
