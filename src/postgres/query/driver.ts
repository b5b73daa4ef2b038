import type { Readable } from 'node:stream'
import type postgres from 'postgres'

/**
 * All of postgres.js that is relied on besides its documented functions and options; `test/postgres/contract.ts` names
 * each and says which one broke.
 */
export interface Query extends Promise<unknown> {
  /** Called once, to execute the query. Replaced here. */
  handler: Handler
  /**
   * Settle the query. Replaced here to hear of its outcome; a cursor that is iterated sets them anew for each batch.
   */
  resolve: (value: unknown) => unknown
  reject: (error: unknown) => unknown
  /** The text between the parameters, the same array for each call of a tagged template; written for a file. */
  strings: readonly string[]
  tagged: boolean
  /** Whether the driver executes the query; an iterated cursor ends when it does not. */
  active: boolean
  /** Set when the query was cancelled before its execution. */
  cancelled: unknown
  /** Called with each batch of a cursor. */
  cursorFn?: ((batch: Result) => unknown) | undefined
  /** Called with each row. */
  forEachFn?: ((...row: never[]) => unknown) | undefined
  /** Whether it is a COPY that is read or written as a stream. */
  streaming?: boolean
  onlyDescribe?: boolean
  /** The error after which the driver prepared and executed it anew. */
  retried?: unknown
  /** The parameters as they were given, made when the query is sent; then overwritten with their serialized form. */
  parameters?: unknown[] | undefined
}

export type Handler = (query: Query) => unknown

export interface Result {
  length: number
  count: number | null
  /** The command tag without its numbers. */
  command: string | null
  state?: Session
}

/** The ids by which a request to cancel names a session. */
export interface Session {
  pid: number
  secret: number
}

/** Returns how a client executes a query, read off one that is never executed. */
export function handlerOf (client: postgres.Sql): Handler {
  return (client.unsafe('') as unknown as Query).handler
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html: ErrorResponse, and what may come at any time
const errorResponse = 'E'.charCodeAt(0)
const noticeResponse = 'N'.charCodeAt(0)
const parameterStatus = 'S'.charCodeAt(0)
const notificationResponse = 'A'.charCodeAt(0)
/** The functions of PostgreSQL whose errors make the driver prepare a statement again. */
const staleRoutines = ['FetchPreparedStatement', 'RevalidateCachedQuery', 'transformAssignedExpr']

/**
 * Whether a chunk of the server's answers begins with an error, or with what may come before one at any time. Only the
 * first byte is looked at, for it is asked of each chunk.
 */
export function mayBeError (answer: Buffer): boolean {
  const type = answer[0] as number
  return type === errorResponse || type === noticeResponse || type === parameterStatus || type === notificationResponse
}

/**
 * Has the parameters made again when the answer is an error after which the driver executes the query once more.
 * Otherwise it would serialize them twice, and `true` would become `false` (porsager/postgres#1197).
 */
export function forgetSerialized (query: Query, answer: Buffer): void {
  if (staleRoutines.some(routine => answer.includes(`R${routine}\0`))) query.parameters = undefined
}

/**
 * Whether a query streams its rows. Then its deadline is for the time without progress, since its consumer decides how
 * long it takes.
 */
export function isStreamed (query: Query): boolean {
  return query.cursorFn !== undefined || query.streaming === true
}

/** Whether a result is the stream of a COPY. */
export function isStream (value: unknown): value is Readable {
  return typeof (value as { on?: unknown } | null | undefined)?.on === 'function'
}

/** Returns the number of rows of a result, or of several results together. */
export function rowsOf (value: unknown): number {
  const { count, command } = (value ?? {}) as Partial<Result>
  if (typeof count === 'number') return count
  if (command !== undefined || !Array.isArray(value)) return 0
  let rows = 0
  for (const result of value as Array<Partial<Result> | undefined>) rows += result?.count ?? 0
  return rows
}
