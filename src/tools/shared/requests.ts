import type { Exposition } from './exposition.js'

export interface Ended {
  method: string
  route: string
  /** Empty when the client left first, or where the name does not tell. */
  status: string
  count: number
}

interface Names {
  /** Series that together count every request that ended, answered or not. */
  series: string[]
  method: string
  route: string
  status: string
}

// The same requests under the names that METRICS_NAMES can choose; the first that is served is read.
const namings: Names[] = [
  {
    series: ['http_request_duration_seconds_count', 'http_requests_aborted_total'],
    method: 'method',
    route: 'route',
    status: 'status_code'
  },
  {
    series: ['http_server_request_duration_seconds_count'],
    method: 'http_request_method',
    route: 'http_route',
    status: 'http_response_status_code'
  },
  {
    series: ['django_http_requests_total_by_view_transport_method_total'],
    method: 'method',
    route: 'view',
    status: 'status'
  }
]

/**
 * The requests that a service has counted to their end. Throws an Error when it serves none of the names that tell
 * them.
 */
export function endedRequests ({ types, samples }: Exposition): Ended[] {
  const names = namings.find(({ series: [name = ''] }) => types.has(name.replace(/_count$/, '')))
  if (names === undefined) {
    throw new Error(
      `The metrics have none of ${namings.map(({ series: [name] }) => name).join(', ')}: ` +
      'is this fastify-vitals, and METRICS_NAMES as it should be?'
    )
  }
  return samples
    .filter(({ name }) => names.series.includes(name))
    .map(({ labels, value }) => ({
      method: labels[names.method] ?? '',
      route: labels[names.route] ?? '',
      status: labels[names.status] ?? '',
      count: value
    }))
}

/** How many of them had this method and route, and this status where one is given. */
export function countEnded (ended: Ended[], method: string, route: string, status?: string): number {
  return ended
    .filter(one => one.method === method && one.route === route && (status === undefined || one.status === status))
    .reduce((sum, { count }) => sum + count, 0)
}
