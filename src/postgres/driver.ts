import type { Lane } from './lane.js'
import type { Pending } from './pending.js'
import type { Pool } from './pool.js'
import type { Queue } from './queue.js'

/** Where a client's functions carry the pool that measures it. */
export const poolKey: unique symbol = Symbol('pool')
/** Where a connection's backend carries its lane. */
export const laneKey: unique symbol = Symbol('lane')
/** Where a query that was asked carries what is kept of it. */
export const pendingKey: unique symbol = Symbol('pending')

/** Queries that the driver asks by itself on a connection, which no client has in common. */
export const driversOwn = new WeakSet<Query>()

/** What the pool, a transaction or a reserved connection does with a query; of its own for each of them. */
export type Handler = ((query: Query) => unknown) & { [poolKey]?: Pool }
/** Cancels a query; one for all that a client makes, in transactions and on reserved connections too. */
export type Canceller = ((query: Query) => unknown) & { [poolKey]?: Pool }

/** The same object for the life of a `Connection`, through reconnecting; the pid is that of the present session. */
export interface Backend {
  pid: number | null
  /** Comes with the pid; another for each session, even where a server that was started anew counts its processes from the beginning. */
  secret?: number | null
  [laneKey]?: Lane
}

/** One of a pool's places for a session. */
export interface Connection {
  id: number
  /** Set while a transaction or `reserve` has it. */
  reserved?: unknown
  /** The list that it is in at present, one for all of a pool's connections in the same state. */
  queue?: Queue<Connection>
  connect: (query: unknown) => unknown
  execute: (query: Query) => unknown
}

/** A query of postgres.js 3.4 from the inside. */
export interface Query extends Promise<unknown> {
  strings: readonly string[]
  args: readonly unknown[]
  tagged: boolean
  handler: Handler
  canceller?: Canceller | null
  options: { onexecute?: (connection: Connection) => unknown }
  /** The backend that it was dispatched to. */
  state: Backend | null
  /** Whether it is what its connection works at. */
  active: boolean
  executed: boolean
  cancelled: unknown
  resolve: (value: unknown) => unknown
  reject: (error: unknown) => unknown
  /** The whole text; made when it is dispatched. */
  string?: string
  /** The error after which the driver prepared and executed it anew. */
  retried?: unknown
  onlyDescribe?: boolean
  /** Whether it is a COPY that is read or written as a stream. */
  streaming?: boolean
  [pendingKey]?: Pending
  cursorFn?: ((batch: Result) => unknown) | undefined
}

export interface Result {
  length: number
  count: number | null
  /** The command tag without its numbers. */
  command: string | null
}

export interface QueryPrototype {
  handle: (this: Query) => unknown
}

/** What is read and set on `sql.options`. */
export interface Options {
  max: number
  onclose?: (id: number) => unknown
  shared: { retries: number }
}

/** Tells whether a query that has not been executed has all that the exact way of measuring goes by. */
export function isAsExpected (query: Query, prototype: QueryPrototype): boolean {
  return typeof prototype.handle === 'function' &&
    typeof query.handler === 'function' && typeof query.canceller === 'function' &&
    typeof query.resolve === 'function' && typeof query.reject === 'function' &&
    query.state === null && query.active === false && query.executed === false && query.cancelled === null &&
    Array.isArray(query.strings) && typeof query.options === 'object'
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
