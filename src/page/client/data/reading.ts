import type { Exposition, Labels, Sample } from './exposition.js'
import { histogramOf, histogramsBy, type Histogram } from './histogram.js'
import { isOfUser, keyOf, namesOf, type Names } from './names.js'

/** The counts of a route or a query. */
export interface Line {
  /** The method of a route, or the operation of a query. */
  kind: string
  name: string
  duration: Histogram
  /** The number that failed. */
  errors: number
}

/** The metrics at one moment, whichever names they are served under; undefined for those that are not served. */
export interface Reading {
  /** When it was taken, in seconds since 1970 by the browser's clock. */
  at: number
  /** When the process started, in seconds since 1970. */
  startedAt: number | undefined
  version: string | undefined
  node: string | undefined
  phase: string | undefined
  checks: ReadonlyMap<string, boolean>

  /** The answered requests of users. */
  requests: Histogram | undefined
  answered: number
  /** Those with a status of 500 or more, including those that were shed. */
  failed: number
  shed: number
  aborted: number
  inFlight: number | undefined
  routes: ReadonlyMap<string, Line>

  eventLoopDelay: Histogram | undefined
  /** Seconds for which the event loop has been blocked by now; 0 when it is not. */
  stalled: number
  stalls: Histogram | undefined
  /** Seconds that the event loop has been active since the process started. */
  active: number | undefined
  cpu: number | undefined

  heapUsed: number | undefined
  heapTotal: number | undefined
  resident: number | undefined

  connections: ReadonlyMap<string, number>
  connectionsMax: number | undefined
  queued: number | undefined
  executing: Histogram | undefined
  waiting: Histogram | undefined
  queries: ReadonlyMap<string, Line>
}

/** Returns what the page shows of an exposition. */
export function readingOf (exposition: Exposition, at: number): Reading {
  const names = namesOf(exposition)
  const ofUser = (labels: Labels) => isOfUser(labels[names.route] ?? '')
  const value = (name: string | undefined) => name === undefined ? undefined : exposition.get(name)?.[0]?.value
  const sum = (name: string | undefined) => name === undefined ? undefined : total(exposition.get(name))
  const [build] = exposition.get('build_info') ?? []
  const requests = histogramOf(exposition, names.requests, ofUser)
  const responses = responsesOf(exposition, names).filter(({ labels }) => ofUser(labels))

  return {
    at,
    startedAt: value('process_start_time_seconds'),
    version: build?.labels['version'],
    node: build?.labels['node'],
    phase: exposition.get('service_phase')?.find(({ value }) => value === 1)?.labels['phase'],
    checks: new Map(exposition.get('health_check_up')?.map(({ labels, value }) => [
      labels['check'] ?? '',
      value === 1
    ])),

    requests,
    answered: total(responses) ?? 0,
    failed: total(responses.filter(failedAs(names))) ?? 0,
    shed: sum('http_requests_shed_total') ?? 0,
    aborted: sum(names.aborted) ?? 0,
    inFlight: value(names.inFlight),
    routes: routesOf(exposition, names),

    eventLoopDelay: histogramOf(exposition, 'nodejs_eventloop_delay_seconds'),
    stalled: value('nodejs_eventloop_stalled_seconds') ?? 0,
    stalls: histogramOf(exposition, 'nodejs_eventloop_stall_duration_seconds'),
    active: value('nodejs_eventloop_active_seconds_total'),
    cpu: value('process_cpu_seconds_total'),

    heapUsed: value('nodejs_heap_size_used_bytes'),
    heapTotal: value('nodejs_heap_size_total_bytes'),
    resident: value('process_resident_memory_bytes'),

    connections: new Map(exposition.get(names.connections)?.map(({ labels, value }) => [
      labels[names.state] ?? '',
      value
    ])),
    connectionsMax: sum(names.connectionsMax),
    queued: sum(names.queued),
    executing: histogramOf(exposition, names.queries),
    waiting: histogramOf(exposition, names.wait),
    queries: queriesOf(exposition, names)
  }
}

function total (samples: readonly Sample[] | undefined): number | undefined {
  return samples?.reduce((sum, { value }) => sum + value, 0)
}

function responsesOf (exposition: Exposition, { requests, responses }: Names): readonly Sample[] {
  return exposition.get(responses ?? `${requests}_count`) ?? []
}

function failedAs ({ status = 'status' }: Names): (sample: Sample) => boolean {
  return ({ labels }) => (labels[status] ?? '').startsWith('5')
}

function routesOf (exposition: Exposition, names: Names): Map<string, Line> {
  const key = (labels: Labels) => keyOf(labels, names.method, names.route)
  const errors = countsBy(responsesOf(exposition, names).filter(failedAs(names)), key)
  return linesOf(histogramsBy(exposition, names.requests, key), errors)
}

function queriesOf (exposition: Exposition, names: Names): Map<string, Line> {
  const key = (labels: Labels) => keyOf(labels, names.operation, names.query)
  const errors = countsBy(exposition.get('db_query_errors_total') ?? [], key)
  return linesOf(histogramsBy(exposition, names.queries, key), errors)
}

function linesOf (histograms: Map<string, Histogram>, errors: Map<string, number>): Map<string, Line> {
  return new Map([...histograms].map(([key, duration]) => {
    const [kind = '', name = ''] = key.split('\n')
    return [key, { kind, name, duration, errors: errors.get(key) ?? 0 }]
  }))
}

function countsBy (samples: readonly Sample[], keyOf: (labels: Labels) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { labels, value } of samples) {
    const key = keyOf(labels)
    counts.set(key, (counts.get(key) ?? 0) + value)
  }
  return counts
}
