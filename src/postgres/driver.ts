import type { Readable } from 'node:stream'
import type postgres from 'postgres'

/**
 * All of postgres.js that is relied on besides its documented functions and options; `test/postgres/contract.ts` names
 * each and says which one broke.
 */
export interface Query extends Promise<unknown> {
  /** Called once, when the query is executed; what does so is set here. */
  handler: Handler
  /** Settle the query; replaced to hear of its outcome. An iterated cursor sets them anew for each batch. */
  resolve: (value: unknown) => unknown
  reject: (error: unknown) => unknown
  /** The text between the parameters, the same array for each call of a tagged template; written for a file. */
  strings: readonly string[]
  tagged: boolean
  /** Whether the driver is at work at it; an iterated cursor ends when it is not. */
  active: boolean
  /** Set when it was cancelled before it was executed, and is settled. */
  cancelled: unknown
  /** Told each batch of a cursor. */
  cursorFn?: ((batch: Result) => unknown) | undefined
  /** Told each row. */
  forEachFn?: ((...row: never[]) => unknown) | undefined
  /** Whether it is a COPY that is read or written as a stream. */
  streaming?: boolean
  onlyDescribe?: boolean
  /** The error after which the driver prepared and executed it anew. */
  retried?: unknown
  /** Made from what the query was called with when it is sent, and overwritten with what each is serialized to. */
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

/** What a request to cancel names a session by. */
export interface Session {
  pid: number
  secret: number
}

/** What a client does with a query, read off one that is never executed. */
export function handlerOf (client: postgres.Sql): Handler {
  return (client.unsafe('') as unknown as Query).handler
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html: ErrorResponse, and what may come at any time
const errorResponse = 'E'.charCodeAt(0)
const noticeResponse = 'N'.charCodeAt(0)
const parameterStatus = 'S'.charCodeAt(0)
const notificationResponse = 'A'.charCodeAt(0)
/** Where an error comes from after which the driver prepares a statement anew. */
const staleRoutines = ['FetchPreparedStatement', 'RevalidateCachedQuery', 'transformAssignedExpr']

export function mayBeError (answer: Buffer): boolean {
  const type = answer[0] as number
  return type === errorResponse || type === noticeResponse || type === parameterStatus || type === notificationResponse
}

/**
 * Has the parameters made anew when the answer is an error after which the driver executes the query a second time:
 * else it serializes what it has serialized already, and `true` becomes `false` (porsager/postgres#1197).
 */
export function forgetSerialized (query: Query, answer: Buffer): void {
  if (staleRoutines.some(routine => answer.includes(`R${routine}\0`))) query.parameters = undefined
}

/** Whether the query's deadline is time without progress, since its consumer takes part in how long it lasts. */
export function isStreamed (query: Query): boolean {
  return query.cursorFn !== undefined || query.streaming === true
}

/** A stream for COPY, which is handed out when it begins. */
export function isStream (value: unknown): value is Readable {
  return typeof (value as { on?: unknown } | null | undefined)?.on === 'function'
}

/** Rows that a result tells of, or several results together. */
export function rowsOf (value: unknown): number {
  const { count, command } = (value ?? {}) as Partial<Result>
  if (typeof count === 'number') return count
  if (command !== undefined || !Array.isArray(value)) return 0
  let rows = 0
  for (const result of value as Array<Partial<Result> | undefined>) rows += result?.count ?? 0
  return rows
}
