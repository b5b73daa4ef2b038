import { overflow } from '../catalogue.js'
import type { Family, Labels } from '../family.js'
import { bytesGrid, cut, secondsGrid } from '../grid.js'
import { labelled } from './labels.js'
import { isProbe, isScrape, probeView } from './probes.js'
import { exceptionOf, exceptions, pythonBound } from './python.js'
import { sizedBodies } from './sized-bodies.js'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'CONNECT', 'PATCH']
const invalidMethod = '<invalid method>'
const known = new Set([...methods, overflow])

const method = ({ method = '' }: Labels) => known.has(method) ? method : invalidMethod

/**
 * Returns the view of a route. Probes and scrapes have the names that django-mixin's dashboards leave out
 * (djangoIgnoredViews).
 */
function view ({ route = '' }: Labels): string {
  if (isProbe(route)) return probeView
  if (isScrape(route)) return 'prometheus-django-metrics'
  return route === '' ? '<unnamed view>' : route
}

const alias = ({ pool }: Labels) => pool === '' ? 'default' : pool
const vendor = () => 'postgresql'

const database = labelled({ alias, vendor })
const theDatabase = [{ alias: 'default', vendor: 'postgresql' }]
const nothing = () => ({})

const latency = cut(
  secondsGrid,
  [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75],
  pythonBound
)
const powersOfTwo = cut(bytesGrid, bytesGrid, pythonBound)

/** A request is counted when it has ended, whether it was answered or its client left. */
const ended = ['http.server.requests', 'http.server.aborted']

/**
 * The names, labels and bounds of django-prometheus 2.5, and two histograms that it does not have but guides to it
 * name: `django_http_requests_latency_seconds` and `django_db_execute_time_seconds`. A view is a route, an alias a
 * pool.
 */
export const django: readonly Family[] = [
  {
    name: 'django_http_requests_before_middlewares_total',
    type: 'counter',
    help: 'Requests that arrived.',
    of: ['http.server.started']
  },
  {
    name: 'django_http_responses_before_middlewares_total',
    type: 'counter',
    help: 'Requests that ended, answered or because their client left.',
    of: ended,
    labels: nothing,
    start: [{}]
  },
  {
    name: 'django_http_requests_latency_including_middlewares_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a request to its end, in seconds, even if its client left.',
    of: ended,
    labels: nothing,
    start: [{}],
    cut: latency
  },
  {
    name: 'django_http_requests_unknown_latency_including_middlewares_total',
    type: 'counter',
    help: 'Requests whose time from arrival to end is not known; always 0, for every request is timed.',
    of: [],
    start: [{}]
  },
  {
    name: 'django_http_requests_latency_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its response, in seconds.',
    of: ['http.server.requests'],
    labels: nothing,
    start: [{}],
    cut: latency
  },
  {
    name: 'django_http_requests_latency_seconds_by_view_method',
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its response, in seconds, by route and method.',
    of: ['http.server.requests'],
    labels: labelled({ view, method }),
    cut: latency
  },
  {
    name: 'django_http_requests_unknown_latency_total',
    type: 'counter',
    help: 'Requests whose time to the response is not known; always 0, for every request is timed.',
    of: [],
    start: [{}]
  },
  {
    name: 'django_http_requests_total_by_method_total',
    type: 'counter',
    help: 'Requests that ended, by method.',
    of: ended,
    labels: labelled({ method }),
    start: [...methods, invalidMethod].map(method => ({ method }))
  },
  {
    name: 'django_http_requests_total_by_transport_total',
    type: 'counter',
    help: 'Requests that ended, by transport: http or https.',
    of: ended,
    labels: labelled({ transport: 'scheme' }),
    start: [{ transport: 'http' }, { transport: 'https' }]
  },
  {
    name: 'django_http_requests_total_by_view_transport_method_total',
    type: 'counter',
    help: 'Requests that ended, by route, transport and method.',
    of: ended,
    labels: labelled({ view, transport: 'scheme', method })
  },
  {
    name: 'django_http_requests_body_total_bytes',
    type: 'histogram',
    help: 'Size of request bodies, in bytes, but of those sent in chunks, whose size is not known beforehand.',
    of: ['http.server.request.body'],
    all: sizedBodies,
    cut: powersOfTwo
  },
  {
    name: 'django_http_responses_total_by_status_total',
    type: 'counter',
    help: 'Responses, by status code.',
    of: ['http.server.requests'],
    labels: labelled({ status: 'status' })
  },
  {
    name: 'django_http_responses_total_by_status_view_method_total',
    type: 'counter',
    help: 'Responses, by status code, route and method.',
    of: ['http.server.requests'],
    labels: labelled({ status: 'status', view, method })
  },
  {
    name: 'django_http_responses_body_total_bytes',
    type: 'histogram',
    help: 'Size of response bodies, in bytes, but of streams, whose size is not known beforehand.',
    of: ['http.server.response.body'],
    cut: powersOfTwo
  },
  {
    name: 'django_http_exceptions_total_by_type_total',
    type: 'counter',
    help: 'Errors thrown while answering requests, by error code or class.',
    of: ['http.server.errors'],
    labels: labelled({ type: 'type' })
  },
  {
    name: 'django_http_exceptions_total_by_view_total',
    type: 'counter',
    help: 'Errors thrown while answering requests, by route.',
    of: ['http.server.errors'],
    labels: labelled({ view })
  },
  {
    name: 'django_db_new_connections_total',
    type: 'counter',
    help: 'Connections to the database that were opened or failed to open.',
    of: ['db.connections.opened', 'db.connection.errors'],
    labels: database,
    start: theDatabase
  },
  {
    name: 'django_db_new_connection_errors_total',
    type: 'counter',
    help: 'Connections to the database that failed to open.',
    of: ['db.connection.errors'],
    labels: database,
    start: theDatabase
  },
  {
    name: 'django_db_execute_total',
    type: 'counter',
    help: 'Queries that were executed, failed ones included.',
    of: ['db.query.execution'],
    labels: database,
    start: theDatabase
  },
  {
    name: 'django_db_execute_many_total',
    type: 'counter',
    help: 'Statements executed in bulk; always 0, for the driver sends rows in bulk as one statement.',
    of: [],
    start: theDatabase
  },
  {
    name: 'django_db_errors_total',
    type: 'counter',
    help: 'Queries that failed, by the Python exception class of their error.',
    of: ['db.query.errors'],
    labels: labelled({ alias, vendor, type: ({ code = '' }) => exceptionOf(code) }),
    start: theDatabase.flatMap(database => exceptions.map(type => ({ ...database, type })))
  },
  {
    name: 'django_db_query_duration_seconds',
    type: 'histogram',
    help: 'Time that a query was executing, in seconds, without the wait before it.',
    of: ['db.query.execution'],
    labels: database,
    start: theDatabase,
    cut: latency
  },
  {
    name: 'django_db_execute_time_seconds',
    type: 'histogram',
    help: 'Time that a query was executing, in seconds, without the wait before it.',
    of: ['db.query.execution'],
    labels: database,
    start: theDatabase,
    cut: latency
  },
  {
    name: 'django_migrations_applied_total',
    type: 'gauge',
    help: 'Migrations that the database has.',
    of: ['migrations.applied'],
    labels: labelled({ connection: () => 'default' })
  },
  {
    name: 'django_migrations_unapplied_total',
    type: 'gauge',
    help: 'Migrations that the database lacks.',
    of: ['migrations.pending'],
    labels: labelled({ connection: () => 'default' })
  }
]

/** What django-prometheus serves and this package does not, with the reasons. A value of 0 would be a claim. */
export const djangoAbsent: ReadonlyArray<{ readonly name: string, readonly reason: string }> = [
  {
    name: 'django_http_ajax_requests_total',
    reason: 'The header X-Requested-With is not read: browsers\' fetch does not send it'
  },
  { name: 'django_http_responses_total_by_templatename_total', reason: 'Fastify has no templates' },
  {
    name: 'django_http_responses_total_by_charset_total',
    reason: 'Responses are UTF-8 or binary, and their content type is not read'
  },
  {
    name: 'django_http_responses_streaming_total',
    reason: 'Streams are not told from other responses; both are counted and timed to their end'
  },
  {
    name: 'django_model_inserts_total',
    reason: 'There are no models; db_rows_total of the fastify naming counts by operation and query'
  },
  {
    name: 'django_model_updates_total',
    reason: 'There are no models; db_rows_total of the fastify naming counts by operation and query'
  },
  {
    name: 'django_model_deletes_total',
    reason: 'There are no models; db_rows_total of the fastify naming counts by operation and query'
  },
  { name: 'django_cache_get_total', reason: 'There is no cache, so no backend to name' },
  { name: 'django_cache_get_hits_total', reason: 'There is no cache, so no backend to name' },
  { name: 'django_cache_get_misses_total', reason: 'There is no cache, so no backend to name' },
  { name: 'django_cache_get_fail_total', reason: 'There is no cache, so no backend to name' },
  { name: 'python_info', reason: 'There is no Python; build_info has the versions' },
  {
    name: 'python_gc_objects_collected_total',
    reason: 'There is no Python; nodejs_gc_duration_seconds has the collections'
  },
  {
    name: 'python_gc_objects_uncollectable_total',
    reason: 'There is no Python; nodejs_gc_duration_seconds has the collections'
  },
  { name: 'python_gc_collections_total', reason: 'There is no Python; nodejs_gc_duration_seconds has the collections' },
  {
    name: '*_created',
    reason: "Gauges that Python's client adds to each series; " +
      'process_start_time_seconds tells the same, since nothing is reset'
  }
]
