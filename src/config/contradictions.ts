import { tlsConflict } from '../postgres/tls-conflict.js'
import type { Config } from './variables.js'

/** Returns a sentence for all variables that contradict each other, with their values and what to do. */
export function contradictions (config: Config): string[] {
  const { PORT, MANAGEMENT_PORT, PATH_PARAMETER_LIMIT: part, STALL_MS: stall, LIVENESS_BLOCKED_MS: blocked } = config
  return [
    ...config.NODE_ENV === 'production' && config.DATABASE_URL === ''
      ? [
          'DATABASE_URL is not set, and with NODE_ENV=production the embedded database is refused: ' +
          'set DATABASE_URL to a PostgreSQL server, such as postgres://user:password@host:5432/database'
        ]
      : [],
    ...config.MANAGEMENT_APART && MANAGEMENT_PORT === 0
      ? [
          'MANAGEMENT_APART is true, but MANAGEMENT_PORT is 0, ' +
          'so that metrics would be served nowhere: set MANAGEMENT_PORT to a port, or MANAGEMENT_APART to false'
        ]
      : [],
    ...PORT !== 0 && PORT === MANAGEMENT_PORT && isShared(config.HOST, config.MANAGEMENT_HOST)
      ? [`PORT and MANAGEMENT_PORT are both ${PORT}: each needs a port of its own`]
      : [],
    ...config.HEADERS_TIMEOUT_MS > config.REQUEST_TIMEOUT_MS
      ? [
        `HEADERS_TIMEOUT_MS is ${config.HEADERS_TIMEOUT_MS}, but REQUEST_TIMEOUT_MS ${config.REQUEST_TIMEOUT_MS}, ` +
        'and the headers are a part of the request: set one lower or the other higher'
        ]
      : [],
    ...part > config.HEADER_LIMIT_BYTES
      ? [
        `PATH_PARAMETER_LIMIT is ${part}, but HEADER_LIMIT_BYTES ${config.HEADER_LIMIT_BYTES}, ` +
        'and a path is a part of what that limits: set one lower or the other higher'
        ]
      : [],
    ...shutdownContradictions(config),
    ...tlsContradictions(config),
    ...stall > blocked
      ? [
        `STALL_MS is ${stall}, but LIVENESS_BLOCKED_MS ${blocked}: ` +
        'the service would be restarted before what blocks it is looked into, so set one lower or the other higher'
        ]
      : []
  ]
}

/** Compares the steps of a shutdown, which come one after the other, with the time for all of it. */
function shutdownContradictions (config: Config): string[] {
  const { SHUTDOWN_TIMEOUT_MS: whole } = config
  const parts = [
    ['SHUTDOWN_DRAIN_MS', config.SHUTDOWN_DRAIN_MS, 1],
    ['SHUTDOWN_REQUESTS_TIMEOUT_MS', config.SHUTDOWN_REQUESTS_TIMEOUT_MS, 1],
    ['DATABASE_CLOSE_TIMEOUT_SECONDS', config.DATABASE_CLOSE_TIMEOUT_SECONDS, 1000]
  ] as const
  const together = parts.reduce((sum, [, value, unit]) => sum + value * unit, 0)
  if (together < whole) return []
  const told = parts.filter(([, value]) => value > 0).map(([name, value]) => `${name} is ${value}`)
  const sum = told.length > 1 ? `, ${together} ms together` : ''
  return [
    `${told.join(', ')}${sum}, but stopping may take ${whole} ms in all (SHUTDOWN_TIMEOUT_MS), ` +
    'so that what comes last would be broken off: ' +
    `set ${told.length > 1 ? 'one of them' : 'it'} lower, or SHUTDOWN_TIMEOUT_MS higher`
  ]
}

/** Compares what DATABASE_TLS asks for with what the URL does. */
function tlsContradictions ({ DATABASE_URL: url, DATABASE_TLS: tls }: Config): string[] {
  const conflict = tlsConflict({ url, tls: tls === 'url' ? undefined : tls })
  if (conflict === undefined) return []
  const { counts, asked, effect } = conflict
  if (counts === undefined) {
    return [
      `DATABASE_URL has ${asked.text}, but nothing asks for TLS: ` +
      'set DATABASE_TLS to verify-full or require, or leave that out'
    ]
  }
  const both = counts.of === 'tls'
    ? `DATABASE_TLS is ${tls}, but DATABASE_URL has ${asked.text}`
    : `DATABASE_URL has ${counts.text} and ${asked.text}`
  return [`${both}, and ${effect}: leave out the one that is wrong`]
}

/** Tells whether servers on these two hosts would compete for one port. */
function isShared (host: string, other: string): boolean {
  return host === other || [host, other].some(each => each === '0.0.0.0' || each === '::')
}
