import { codeOf } from './unavailable.js'

const form = /^[A-Z0-9_]{3,40}$/

/** An error's code for a label: an SQLSTATE, the driver's or Node.js' own, or `UNKNOWN` for whatever else was thrown. */
export function errorCode (error: unknown): string {
  const code = codeOf(error)
  return code !== undefined && form.test(code) ? code : 'UNKNOWN'
}

/** Tells whether a query's error means that its connection is gone, rather than that PostgreSQL or a callback refused. */
export function isLoss (error: unknown, code: string): boolean {
  return (error as Error | undefined)?.name !== 'PostgresError' && /^(?:CONNECTION_(?:CLOSED|DESTROYED)$|E[A-Z]{3,})/.test(code)
}

const notConnecting = new Set(['CONNECTION_ENDED', 'ACQUIRE_TIMEOUT', 'COPY_IN_PROGRESS', '57014'])

/** Tells whether an error of a query that was never dispatched is that of the connection opened for it. */
export function isConnectFailure (code: string): boolean {
  return !notConnecting.has(code)
}
