import type { Labels } from './exposition.js'

/** The names of families and labels in one naming, as METRICS_NAMES chooses it. */
export interface Names {
  requests: string
  method: string
  route: string
  /** The label of `requests` that has the status; undefined where `responses` counts by status instead. */
  status: string | undefined
  responses: string | undefined
  inFlight: string | undefined
  aborted: string | undefined
  queries: string
  operation: string
  query: string
  wait: string
  connections: string
  state: string
  connectionsMax: string
  queued: string
}

const fastify: Names = {
  requests: 'http_request_duration_seconds',
  method: 'method',
  route: 'route',
  status: 'status_code',
  responses: undefined,
  inFlight: 'http_requests_in_flight',
  aborted: 'http_requests_aborted_total',
  queries: 'db_query_duration_seconds',
  operation: 'operation',
  query: 'query',
  wait: 'db_query_wait_seconds',
  connections: 'db_connections',
  state: 'state',
  connectionsMax: 'db_connections_max',
  queued: 'db_queries_queued'
}

const otel: Names = {
  requests: 'http_server_request_duration_seconds',
  method: 'http_request_method',
  route: 'http_route',
  status: 'http_response_status_code',
  responses: undefined,
  inFlight: 'http_server_active_requests',
  aborted: undefined,
  queries: 'db_client_operation_duration_seconds',
  operation: 'db_operation_name',
  query: 'db_query_summary',
  wait: 'db_client_connection_wait_time_seconds',
  connections: 'db_client_connection_count',
  state: 'db_client_connection_state',
  connectionsMax: 'db_client_connection_max',
  queued: 'db_client_connection_pending_requests'
}

const django: Names = {
  ...fastify,
  requests: 'django_http_requests_latency_seconds_by_view_method',
  route: 'view',
  status: undefined,
  responses: 'django_http_responses_total_by_status_view_method_total',
  inFlight: undefined,
  aborted: undefined,
  queries: 'django_db_query_duration_seconds',
  operation: 'vendor',
  query: 'alias'
}

/** Returns the names that a service serves its metrics under; of several namings, the one that tells most. */
export function namesOf (exposition: ReadonlyMap<string, unknown>): Names {
  return [fastify, otel, django].find(({ requests }) => exposition.has(`${requests}_count`)) ?? fastify
}

/**
 * Tells whether the requests of a route are those of users rather than of probes and scrapes. The dashboards and rules
 * leave out the same routes.
 */
export function isOfUser (route: string): boolean {
  return !/^(\/health.*|\/metrics\/?|health_check:.*|prometheus-django-metrics)$/.test(route)
}

/** Makes a key of some of a series' labels. */
export function keyOf (labels: Labels, ...names: string[]): string {
  return names.map(name => labels[name] ?? '').join('\n')
}
