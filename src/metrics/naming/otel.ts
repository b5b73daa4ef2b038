import type { Family, Labels } from '../family.js'
import { bytesGrid, cut, secondsGrid } from '../grid.js'
import { labelled } from './labels.js'
import { sizedBodies } from './sized-bodies.js'

const bodyBytes = cut(
  bytesGrid,
  [0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]
)
const operationSeconds = cut(secondsGrid, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10])

// The conventions require a pool's name.
const poolName = ({ pool }: Labels) => pool === '' ? 'default' : pool
const pool = labelled({ db_client_connection_pool_name: poolName })

const error = ({ status = '' }: Labels, instrument: string) =>
  instrument === 'http.server.aborted' ? 'aborted' : status.startsWith('5') ? status : ''

/**
 * The metrics of OpenTelemetry's semantic conventions for HTTP servers, database clients, Node.js and V8, as its
 * Prometheus exporters write them. A request whose client left has no status but `error_type="aborted"`.
 */
export const otel: readonly Family[] = [
  {
    name: 'http_server_request_duration_seconds',
    type: 'histogram',
    help: 'Duration of HTTP server requests, in seconds.',
    of: ['http.server.requests', 'http.server.aborted'],
    labels: labelled({
      http_request_method: 'method',
      http_route: 'route',
      http_response_status_code: 'status',
      url_scheme: 'scheme',
      error_type: error
    }),
    cut: cut(secondsGrid, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
  },
  {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'HTTP server requests that are being answered.',
    of: ['http.server.started'],
    minus: ['http.server.requests', 'http.server.aborted']
  },
  {
    name: 'http_server_request_body_size_bytes',
    type: 'histogram',
    help: 'Size of HTTP server request bodies, in bytes, ' +
      'but of those sent in chunks, whose size is not known beforehand.',
    of: ['http.server.request.body'],
    all: sizedBodies,
    cut: bodyBytes
  },
  {
    name: 'http_server_response_body_size_bytes',
    type: 'histogram',
    help: 'Size of HTTP server response bodies, in bytes, but of streams, whose size is not known beforehand.',
    of: ['http.server.response.body'],
    cut: bodyBytes
  },
  {
    name: 'db_client_operation_duration_seconds',
    type: 'histogram',
    help: 'Duration of database client operations, ' +
      'in seconds, failed ones included, without the wait for a connection.',
    of: ['db.query.execution'],
    labels: labelled({
      db_system_name: () => 'postgresql',
      db_operation_name: 'operation',
      db_query_summary: 'query',
      db_client_connection_pool_name: 'pool'
    }),
    cut: operationSeconds
  },
  {
    name: 'db_client_connection_count',
    type: 'gauge',
    help: 'Connections of the pool, by state: idle, used or connecting.',
    of: ['db.connections'],
    labels: labelled({ db_client_connection_pool_name: poolName, db_client_connection_state: 'state' })
  },
  {
    name: 'db_client_connection_max',
    type: 'gauge',
    help: 'Most connections that the pool opens.',
    of: ['db.connections.max'],
    labels: pool
  },
  {
    name: 'db_client_connection_pending_requests',
    type: 'gauge',
    help: 'Queries that wait for a connection of the pool.',
    of: ['db.queries.queued'],
    labels: pool
  },
  {
    name: 'db_client_connection_timeouts_total',
    type: 'counter',
    help: 'Queries that failed since no connection was opened in time.',
    of: ['db.query.errors'],
    labelNames: ['db_client_connection_pool_name'],
    labels: (labels, instrument) => labels['code'] === 'CONNECT_TIMEOUT' ? pool(labels, instrument) : undefined
  },
  {
    name: 'db_client_connection_create_time_seconds',
    type: 'histogram',
    help: 'Time that it took to open a connection, in seconds.',
    of: ['db.connection.create'],
    labels: pool,
    cut: operationSeconds
  },
  {
    name: 'db_client_connection_wait_time_seconds',
    type: 'histogram',
    help: 'Time that a query waited for its execution to begin, in seconds: ' +
      'for a connection of the pool, or for queries before it.',
    of: ['db.query.wait'],
    labels: pool,
    cut: operationSeconds
  },
  {
    name: 'nodejs_eventloop_time_seconds_total',
    type: 'counter',
    help: 'Time that the event loop has been in each state, active or idle, in seconds.',
    of: ['nodejs.eventloop.active', 'nodejs.eventloop.idle'],
    labels: labelled({
      nodejs_eventloop_state: (_labels, instrument) => instrument === 'nodejs.eventloop.active' ? 'active' : 'idle'
    })
  },
  {
    name: 'v8js_gc_duration_seconds',
    type: 'histogram',
    help: 'Duration of garbage collections, in seconds, by kind.',
    of: ['nodejs.gc'],
    labels: labelled({ v8js_gc_type: 'kind' }),
    cut: cut(secondsGrid, [0.01, 0.1, 1, 10])
  }
]
