import { channel } from 'node:diagnostics_channel'
import { errorCode } from '../error-code.js'
import type { Query, Result } from './driver.js'
import { operationOfQuery, operationOfTag } from './operation.js'
import { queryName } from './query-name.js'

const start = channel('fastify-vitals:query:start')
const end = channel('fastify-vitals:query:end')

/** Where queries come from: one client. */
export interface QuerySource {
  /** The label `pool`. */
  pool: string
}

/**
 * What the channels `fastify-vitals:query:start` and `fastify-vitals:query:end` tell of a query, one object for both:
 * when it is asked, and when it has its outcome. Never its text or parameters. Times are in seconds.
 */
export class QueryEvent {
  /** Its name, from its leading comment; empty when it has none. */
  readonly name: string
  /** By the first keyword of its text; at the end, by PostgreSQL's own answer. */
  operation: string
  /** The label `pool`: empty for an app's first client. */
  readonly pool: string
  /** How long it waited to be executed; undefined until its end, as all below are. */
  wait: number | undefined = undefined
  /** How long it was executed; undefined also when it never was. */
  execution: number | undefined = undefined
  /** Rows returned or changed. */
  rows: number | undefined = undefined
  /** The SQLSTATE, or the driver's code, of what it failed with; undefined also when it did not. */
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

/** Tells that a query is asked; makes nothing when nobody listens. */
export function announce (query: Query, source: QuerySource): QueryEvent | undefined {
  if (!start.hasSubscribers && !end.hasSubscribers) return undefined
  const event = new QueryEvent(query, source)
  start.publish(event)
  return event
}

/** Tells how an announced query ended. Seconds of `execution` are negative when it was never executed. */
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
