// Besides these, classes 08, of the connection, and 53: out of connections, disk or memory.
const temporary = new Set([
  // Node.js: the network
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  // postgres.js: the connection
  'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED',
  // src/postgres/deadlines.ts
  'ACQUIRE_TIMEOUT', 'QUERY_TIMEOUT',
  // PostgreSQL: a timeout, a lock that is taken, a deadlock, a serialization failure, going down, crashed, starting up, standing by
  // (https://www.postgresql.org/docs/current/errcodes-appendix.html)
  '57014', '55P03', '40P01', '40001', '57P01', '57P02', '57P03', '25006'
])

/** Tells whether an error means that the database cannot serve now, so that asking again later may succeed. */
export function isUnavailable (error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && (temporary.has(code) || /^(08|53)...$/.test(code))
}

/** The error's code: an SQLSTATE, the driver's or Node.js' own. */
export function codeOf (error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
