import { channel } from 'node:diagnostics_channel'
import { errorCode } from '../../error-code.js'
import type { Query, Result } from './driver.js'
import { operationOfQuery, operationOfTag } from './operation.js'
import { queryName } from './query-name.js'

const start = channel('fastify-vitals:query:start')
const end = channel('fastify-vitals:query:end')

/** The client that a query was asked of. */
export interface QuerySource {
  /** The label `pool`. */
  pool: string
}

/**
 * A query, as told on the channels `fastify-vitals:query:start` and `fastify-vitals:query:end`: the same object on
 * both. It never has the query's text or parameters. Times are in seconds.
 */
export class QueryEvent {
  /** Its name, from its leading comment; empty when it has none. */
  readonly name: string
  /** The first keyword of the query's text; once it has ended, the command that PostgreSQL says it was. */
  operation: string
  /** The label `pool`: empty for an app's first client. */
  readonly pool: string
  /**
   * Seconds from when it was asked until its execution began. Undefined until the query has ended, as are all fields
   * below.
   */
  wait: number | undefined = undefined
  /** Seconds of its execution; stays undefined when it was never executed. */
  execution: number | undefined = undefined
  /** Rows returned or changed. */
  rows: number | undefined = undefined
  /** The error's SQLSTATE, or the driver's or Node.js' code; stays undefined when the query succeeds. */
  code: string | undefined = undefined
  readonly #source: QuerySource

  constructor (query: Query, source: QuerySource) {
    this.name = queryName(query.strings[0] ?? '')
    this.operation = operationOfQuery(query)
    this.pool = source.pool
    this.#source = source
  }

  isOf (source: QuerySource): boolean {
    return this.#source === source
  }
}

/** Publishes the start of a query, and returns its event; undefined when nobody has subscribed. */
export function announce (query: Query, source: QuerySource): QueryEvent | undefined {
  if (!start.hasSubscribers && !end.hasSubscribers) return undefined
  const event = new QueryEvent(query, source)
  start.publish(event)
  return event
}

/**
 * Publishes the end of an announced query. `wait` and `execution` are in seconds; `execution` is negative when the
 * query was never executed.
 */
export function conclude (
  event: QueryEvent,
  failed: boolean,
  value: unknown,
  rows: number,
  wait: number,
  execution: number
): void {
  event.wait = wait
  event.rows = rows
  if (execution >= 0) event.execution = execution
  if (failed) event.code = errorCode(value)
  const { command } = (failed ? {} : value ?? {}) as Partial<Result>
  if (typeof command === 'string') event.operation = operationOfTag(command)
  end.publish(event)
}
