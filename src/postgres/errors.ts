import { errorCode } from '../error-code.js'
import type { CheckError } from '../health/check.js'

// https://www.postgresql.org/docs/current/errcodes-appendix.html
export const insufficientPrivilege = '42501'

/** Where a connection goes to, as an error and a log line may show it. */
export interface Address {
  host: string
  port: number
  /** Of a Unix socket. */
  path?: string | undefined
}

/** Returns where it is, in one word: `host:port`, or the path of a Unix socket. */
export function nameOf ({ host, port, path }: Address): string {
  return path ?? `${host}:${port}`
}

function coded (code: string, message: string, cause?: unknown, fields: object = {}): Error & { code: string } {
  const options = cause === undefined ? {} : { cause }
  return Object.assign(new Error(message, options), { code, ...fields })
}

function at (address: Address): object {
  const { host, port, path } = address
  return path === undefined ? { address: host, port } : { address: path }
}

/** The server, the network or a deadline has ended the connection; a query on it may have been executed or not. */
export function connectionClosed (address: Address, cause?: unknown): Error {
  return coded('CONNECTION_CLOSED', `The connection to ${nameOf(address)} was closed`, cause, at(address))
}

/** A query of a holder that had given the connection back; it was not executed. */
export function leaseOver (what: string): Error {
  return coded('CONNECTION_CLOSED', `${what}, so nothing more can be asked on its connection`)
}

/** A connection was not ready for queries in time, TLS and login included; nothing was executed on it. */
export function connectTimeout (address: Address, seconds: number): Error {
  return coded(
    'CONNECT_TIMEOUT',
    `No connection to ${nameOf(address)} could be opened within ${seconds} s`,
    undefined,
    at(address)
  )
}

/** The server has no TLS where it was asked for, and the connection was given up before the login. */
export function tlsRefused (address: Address): Error {
  const advice = "if that is right, set the option tls: 'disable', or sslmode=disable in the URL, " +
    'in place of what asks for it'
  return coded(
    'TLS_NOT_SUPPORTED',
    `The server at ${nameOf(address)} does not support TLS: ${advice}`,
    undefined,
    at(address)
  )
}

/** The answer to the question for TLS was neither of the two that a PostgreSQL gives. */
export function notPostgres (address: Address): Error {
  return coded(
    'NOT_POSTGRESQL',
    `What answers at ${nameOf(address)} is no PostgreSQL`,
    undefined,
    at(address)
  )
}

/** A host is no such server as `target_session_attrs` asks for, and the next one, if any, is tried. */
export function wrongSession (address: Address, wanted: string): Error {
  return coded('WRONG_SESSION_ATTRIBUTES', `The server at ${nameOf(address)} is not ${wanted}`, undefined, at(address))
}

/** For queries after `sql.end()`. */
export function connectionEnded (): Error {
  return coded('CONNECTION_ENDED', 'The client has ended')
}

/** For queries without an answer at the deadline of `sql.end()`. */
export function connectionDestroyed (): Error {
  return coded('CONNECTION_DESTROYED', 'The client has ended before there was an answer')
}

/** @param cause - why no further connection could be opened, if that was tried */
export function acquireTimeout (milliseconds: number, cause?: unknown): Error {
  const why = cause === undefined ? '' : `; opening one failed with ${errorCode(cause)}`
  return coded('ACQUIRE_TIMEOUT', `No connection was free within ${milliseconds} ms${why}`, cause)
}

/**
 * The server did not cancel a query in time, and its connection was given up; it may have been executed or not. A
 * streamed one is late when nothing has moved for so long.
 */
export function queryTimeout (milliseconds: number, streamed: boolean): Error {
  return coded('QUERY_TIMEOUT', `No ${streamed ? 'progress' : 'answer'} within ${milliseconds} ms`)
}

/** A COPY that is read was given up; its connection was closed, for there is no message to tell the server. */
export function copyAbandoned (): Error {
  return coded('COPY_ABANDONED', 'The stream of a COPY was destroyed before its end')
}

/** A query that was asked on a connection behind a COPY that is not over; it was not executed. */
export function copyInProgress (): Error {
  return coded('COPY_IN_PROGRESS', 'A COPY is under way on this connection: end its stream first')
}

/** The driver's own error, for BEGIN by a plain query of a pool. */
export function unsafeTransaction (): Error {
  const advice = 'Only use sql.begin or sql.reserve for a transaction'
  return coded('UNSAFE_TRANSACTION', `${advice}: what a plain query began has been rolled back`)
}

/** A transaction's function returned before a savepoint of its own; the transaction was rolled back. */
export function openSavepoint (): Error {
  const advice = 'await each savepoint'
  return coded('UNSAFE_TRANSACTION', `A savepoint was still open when its transaction's function returned: ${advice}`)
}

/** @param cause - the error that made PostgreSQL answer COMMIT with ROLLBACK, if it is known */
export function rolledBack (cause?: unknown): Error {
  return coded('TRANSACTION_ROLLED_BACK', 'The transaction was rolled back: PostgreSQL refused to commit it', cause)
}

/** PostgreSQL's own error, thrown before it would refuse. */
export function permissionDenied (privilege: string, table: string): Error {
  return coded(insufficientPrivilege, `This user may not ${privilege} in the table ${table}`)
}

interface NamedMigration {
  version: number
  name: string
}

/** The database has had a migration that is not the one of this version. Its `reason` is for readiness. */
export class MigrationsDiffer extends Error {
  reason: 'database_newer' | 'migrations_changed'

  constructor ({ version, name }: NamedMigration, ours: NamedMigration | undefined) {
    super(ours === undefined ? newer(version, name) : changed(version, name, ours.name))
    this.reason = ours === undefined ? 'database_newer' : 'migrations_changed'
  }
}

function newer (version: number, name: string): string {
  return 'The database is newer than this version of the service: ' +
    `it has had migration ${version}, ${name}, which is not known here. ` +
    'Start the newer version, or restore a backup from before'
}

function changed (version: number, there: string, here: string): string {
  const also = there === here ? ', with another text' : ''
  return `The database has had another migration ${version} than this version has: ` +
    `${there} there, ${here} here${also}. ` +
    'A migration must not change once it was applied: restore its file'
}

/** The database has yet to have these migrations. */
export class PendingMigrations extends Error implements CheckError {
  reason = 'migrations_pending'
  /** Each start with a new version passes through it, and there is an alert for where it stays. */
  logLevel = 'info' as const

  constructor (pending: NamedMigration[]) {
    super(`not applied yet: ${pending.map(({ version, name }) => `${version} ${name}`).join(', ')}`)
  }
}
