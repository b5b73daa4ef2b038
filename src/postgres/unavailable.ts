const unreachable = new Set([
  // Node.js: the network
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  // postgres.js: the connection
  'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED',
  // PostgreSQL: going down, starting up, out of connections (https://www.postgresql.org/docs/current/errcodes-appendix.html)
  '57P01', '57P02', '57P03', '53300'
])

/** Tells whether an error means that the database cannot be reached now, so that asking again later may succeed. */
export function isUnavailable (error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && (unreachable.has(code) || code.startsWith('08'))
}

/** The error's code: an SQLSTATE, the driver's or Node.js' own. */
export function codeOf (error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
