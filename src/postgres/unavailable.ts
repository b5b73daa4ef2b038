import { codeOf } from '../error-code.js'
import { refusedParameter } from './refused-parameter.js'

// Besides these, classes 08, of the connection, and 53: out of connections, disk or memory.
const temporary = new Set([
  // Node.js: the network
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  // postgres.js: the connection
  'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'TLS_NOT_SUPPORTED',
  'NOT_POSTGRESQL', 'WRONG_SESSION_ATTRIBUTES',
  // src/postgres/errors.ts
  'ACQUIRE_TIMEOUT', 'QUERY_TIMEOUT',
  // PostgreSQL: a timeout, a lock that is taken, a deadlock, a serialization failure, going down, crashed, starting up,
  // standing by (https://www.postgresql.org/docs/current/errcodes-appendix.html)
  '57014', '55P03', '40P01', '40001', '57P01', '57P02', '57P03', '25006',
  // PostgreSQL: the login is refused, the database is not there or was dropped, nor is a schema, table or column, or
  // rights are missing. Somebody has to mend that, but then what was asked succeeds.
  '28000', '28P01', '3D000', '57P04', '3F000', '42P01', '42703', '42501'
])

/** Tells whether an error means that the database cannot serve now, so that asking again later may succeed. */
export function isUnavailable (error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined &&
    (temporary.has(code) || /^(08|53)...$/.test(code) || refusedParameter(error) !== undefined)
}

/** What readiness says of a database that cannot be used, by the code of the error that it fails with. */
const reasons: Record<string, string> = {
  28000: 'database_login_refused',
  '28P01': 'database_login_refused',
  '3D000': 'database_missing',
  '57P04': 'database_missing',
  '3F000': 'schema_missing',
  '42P01': 'schema_missing',
  42703: 'schema_missing',
  42501: 'database_permission_denied'
}

/** The reason of that error for readiness. */
export function unreadyReasonOf (error: unknown): string {
  if (refusedParameter(error) !== undefined) return 'database_parameter_refused'
  return reasons[codeOf(error) ?? ''] ?? 'database_unreachable'
}
