import type { Family, Labels } from '../family.js'
import { countsGrid, cut, secondsGrid } from '../grid.js'
import { labelled } from './labels.js'

const route = ({ route }: Labels) => route === '' ? '__unknown__' : route
const ofRoute = labelled({ method: 'method', route })
const unattributed = labelled({ pool: 'pool', reason: 'reason' })

// Many queries of a millisecond, or one that waits for all of the pool's deadline.
const seconds = cut(secondsGrid, [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])

/**
 * What requests ask of databases, with every naming: neither django-prometheus nor OpenTelemetry's conventions have
 * names for it.
 */
export const queries: readonly Family[] = [
  {
    name: 'http_request_db_queries',
    type: 'histogram',
    help: 'Queries that a request asked, by route; requests without one count only where the route is known to query.',
    of: ['http.server.db.queries'],
    labels: ofRoute,
    cut: cut(countsGrid, [0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000])
  },
  {
    name: 'http_request_db_duration_seconds',
    type: 'histogram',
    help: 'Time that the queries of a request were executing, added up, ' +
      'in seconds; more than the request took where several are at once.',
    of: ['http.server.db.execution'],
    labels: ofRoute,
    cut: seconds
  },
  {
    name: 'http_request_db_wait_seconds',
    type: 'histogram',
    help: 'Time that the queries of a request waited for their execution to begin, added up, in seconds.',
    of: ['http.server.db.wait'],
    labels: ofRoute,
    cut: seconds
  },
  {
    name: 'http_request_db_repeated_total',
    type: 'counter',
    help: 'Requests that asked one query more than N_PLUS_ONE times, by route and query.',
    of: ['http.server.db.repeated'],
    labels: labelled({ method: 'method', route, query: 'query' })
  },
  {
    name: 'db_unattributed_queries_total',
    type: 'counter',
    help: 'Queries that are charged to no request, by reason: ' +
      'no_request asked, request_over when asked, or left_out of the metrics.',
    of: ['db.unattributed.queries'],
    labels: unattributed
  },
  {
    name: 'db_unattributed_duration_seconds_total',
    type: 'counter',
    help: 'Time that these were executing, in seconds.',
    of: ['db.unattributed.execution'],
    labels: unattributed
  },
  {
    name: 'db_unattributed_wait_seconds_total',
    type: 'counter',
    help: 'Time that these waited for their execution to begin, in seconds.',
    of: ['db.unattributed.wait'],
    labels: unattributed
  }
]
