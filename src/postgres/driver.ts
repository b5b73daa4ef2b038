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
  /** Whether it is a COPY that is read or written as a stream. */
  streaming?: boolean
  onlyDescribe?: boolean
  /** The error after which the driver prepared and executed it anew. */
  retried?: unknown
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
