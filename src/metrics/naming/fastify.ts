import type { Family, Labels } from '../family.js'
import { bytesGrid, cut, secondsGrid } from '../grid.js'
import { labelled } from './labels.js'
import { isProbe, isScrape } from './probes.js'
import { sizedBodies } from './sized-bodies.js'

const route = ({ route }: Labels) => route === '' ? '__unknown__' : route

/** The default bounds of fastify-metrics, which are prom-client's. */
const requestSeconds = cut(secondsGrid, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
const bodyBytes = cut(
  bytesGrid,
  [0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]
)
const querySeconds = cut(secondsGrid, [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
const transactionSeconds = cut(
  secondsGrid,
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 75]
)

const traffic = ({ route = '' }: Labels) => isProbe(route) || isScrape(route) ? 'probes' : 'users'
const statusClass = ({ status = '' }: Labels) => /^\d/.test(status) ? `${status.charAt(0)}xx` : status

const pool = labelled({ pool: 'pool' })
const query = labelled({ pool: 'pool', operation: 'operation', query: 'query' })
const transaction = labelled({ pool: 'pool', outcome: 'outcome' })

/** HTTP under the names of fastify-metrics, and similar names for what it does not measure. */
export const fastify: readonly Family[] = [
  {
    name: 'http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its response, in seconds.',
    of: ['http.server.requests'],
    labels: labelled({ method: 'method', route, status_code: 'status' }),
    cut: requestSeconds
  },
  {
    name: 'http_service_duration_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a request to the end of its response, ' +
      'in seconds, all routes together: of users, or of probes.',
    of: ['http.server.requests'],
    labels: labelled({ traffic, status_class: statusClass }),
    start: ['2xx', '3xx', '4xx', '5xx'].map(name => ({ traffic: 'users', status_class: name })),
    cut: requestSeconds
  },
  {
    name: 'http_service_aborted_total',
    type: 'counter',
    help: 'Requests whose response did not end, all routes together: of users, or of probes.',
    of: ['http.server.aborted'],
    labels: labelled({ traffic }),
    start: [{ traffic: 'users' }]
  },
  {
    name: 'http_requests_started_total',
    type: 'counter',
    help: 'Requests that arrived. Each is answered, aborted or in flight.',
    of: ['http.server.started']
  },
  {
    name: 'http_requests_in_flight',
    type: 'gauge',
    help: 'Requests that are being answered.',
    of: ['http.server.started'],
    minus: ['http.server.requests', 'http.server.aborted']
  },
  {
    name: 'http_requests_aborted_total',
    type: 'counter',
    help: 'Requests whose response did not end: their client left, or what was being sent broke.',
    of: ['http.server.aborted'],
    labels: labelled({ method: 'method', route })
  },
  {
    name: 'http_requests_shed_total',
    type: 'counter',
    help: 'Requests that were refused to keep the service alive, by reason.',
    of: ['http.server.shed'],
    labelNames: ['reason']
  },
  {
    name: 'http_request_errors_total',
    type: 'counter',
    help: 'Errors thrown while answering requests, by error code or class.',
    of: ['http.server.errors'],
    labels: labelled({ route, type: 'type' })
  },
  {
    name: 'http_client_errors_total',
    type: 'counter',
    help: 'Requests that were refused before they reached a route, ' +
      'by status code: 400 not HTTP, 408 too slow, 431 headers too large.',
    of: ['http.server.client_errors'],
    labelNames: ['code'],
    start: [{ code: '400' }, { code: '408' }, { code: '431' }]
  },
  {
    name: 'http_request_body_bytes',
    type: 'histogram',
    help: 'Size of request bodies, in bytes, but of those sent in chunks, whose size is not known beforehand.',
    of: ['http.server.request.body'],
    all: sizedBodies,
    cut: bodyBytes
  },
  {
    name: 'http_response_body_bytes',
    type: 'histogram',
    help: 'Size of response bodies, in bytes, but of streams, whose size is not known beforehand.',
    of: ['http.server.response.body'],
    cut: bodyBytes
  },
  {
    name: 'db_query_duration_seconds',
    type: 'histogram',
    help: 'Time that a query was executing, in seconds, without the wait before it.',
    of: ['db.query.execution'],
    labels: query,
    cut: querySeconds
  },
  {
    name: 'db_query_wait_seconds',
    type: 'histogram',
    help: 'Time that a query waited for its execution to begin, ' +
      'in seconds: for a connection, or for queries before it.',
    of: ['db.query.wait'],
    labels: query,
    cut: querySeconds
  },
  {
    name: 'db_pool_query_duration_seconds',
    type: 'histogram',
    help: 'Time that a query was executing, in seconds, without the wait before it, all queries of a pool together.',
    of: ['db.query.execution'],
    labels: pool,
    cut: querySeconds
  },
  {
    name: 'db_pool_query_wait_seconds',
    type: 'histogram',
    help: 'Time that a query waited for its execution to begin, in seconds, all queries of a pool together.',
    of: ['db.query.wait'],
    labels: pool,
    cut: querySeconds
  },
  {
    name: 'db_query_errors_total',
    type: 'counter',
    help: 'Queries that failed, by SQLSTATE or the driver\'s code.',
    of: ['db.query.errors'],
    labels: labelled({ pool: 'pool', operation: 'operation', query: 'query', code: 'code' })
  },
  {
    name: 'db_query_retries_total',
    type: 'counter',
    help: 'Queries that the driver sent again.',
    of: ['db.query.retries'],
    labels: pool
  },
  {
    name: 'db_rows_total',
    type: 'counter',
    help: 'Rows that queries returned or changed.',
    of: ['db.rows'],
    labels: query
  },
  {
    name: 'db_transactions_total',
    type: 'counter',
    help: 'Transactions that ended, by outcome.',
    of: ['db.transaction'],
    labels: transaction
  },
  {
    name: 'db_transaction_duration_seconds',
    type: 'histogram',
    help: 'Time from the begin of a transaction to its end, in seconds, by outcome.',
    of: ['db.transaction'],
    labels: transaction,
    cut: transactionSeconds
  },
  {
    name: 'db_connections',
    type: 'gauge',
    help: 'Connections to the database, by state: idle, used or connecting.',
    of: ['db.connections'],
    labels: labelled({ pool: 'pool', state: 'state' })
  },
  {
    name: 'db_connections_max',
    type: 'gauge',
    help: 'Most connections to the database that the pool opens.',
    of: ['db.connections.max'],
    labels: pool
  },
  {
    name: 'db_connections_opened_total',
    type: 'counter',
    help: 'Connections to the database that were opened.',
    of: ['db.connections.opened'],
    labels: pool
  },
  {
    name: 'db_connections_closed_total',
    type: 'counter',
    help: 'Connections to the database that were closed, by either side.',
    of: ['db.connections.closed'],
    labels: pool
  },
  {
    name: 'db_connection_errors_total',
    type: 'counter',
    help: 'Connections to the database that could not be opened, by SQLSTATE or the driver\'s code.',
    of: ['db.connection.errors'],
    labels: labelled({ pool: 'pool', code: 'code' })
  },
  {
    name: 'db_connection_create_seconds',
    type: 'histogram',
    help: 'Time that it took to open a connection to the database, in seconds.',
    of: ['db.connection.create'],
    labels: pool,
    cut: querySeconds
  },
  {
    name: 'db_queries_queued',
    type: 'gauge',
    help: 'Queries that wait for a connection.',
    of: ['db.queries.queued'],
    labels: pool
  },
  {
    name: 'db_migrations_applied',
    type: 'gauge',
    help: 'Migrations that the database has.',
    of: ['migrations.applied']
  },
  {
    name: 'db_migrations_pending',
    type: 'gauge',
    help: 'Migrations that the database lacks.',
    of: ['migrations.pending']
  }
]
