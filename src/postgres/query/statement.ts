import type { Readable } from 'node:stream'
import { clock } from '../../clock.js'
import type { RequestQueries } from '../../metrics/queries/request-queries.js'
import { isStream, rowsOf, type Query, type Result } from './driver.js'
import { tellOrigin } from './origin.js'
import { announce, conclude, type QueryEvent, type QuerySource } from './query-events.js'

type Tell = (
  query: Query, outcome: unknown, rows: number, wait: number, execution: number, request: RequestQueries | undefined
) => void

/** The seconds of execution of a statement that was never executed. A number, as all others are. */
const neverExecuted = -1

/**
 * Is told of each statement's outcome, and of the request that it is charged to. Seconds of `execution` are negative
 * when it was never executed.
 */
export interface StatementObserver {
  result: Tell
  error: Tell
}

/** The queue that a statement waits in. */
export interface WaitingRoom {
  /** Takes a statement out, which was cancelled or rejected before it was executed. */
  withdraw: (statement: Statement) => void
}

/** The connection that executes a statement. */
export interface Executor {
  /**
   * Returns the error that a statement has to end with although the server executed it, such as BEGIN outside of
   * `begin()`; undefined when there is none.
   */
  refusal: () => Error | undefined
  /** Called when a COPY's stream is given to the caller; the statement is not over then. */
  streams: (statement: Statement) => void
  /** Called with the statement's outcome; the server may still send the rest of its answer. */
  settled: (statement: Statement, failed: boolean, value: unknown) => void
}

/**
 * A query, from when it is asked until it has its outcome. It replaces the query's `resolve` and `reject` to hear of
 * that; only the first call counts, since the driver settles some queries twice. Times are in milliseconds.
 */
export class Statement {
  readonly query: Query
  readonly askedAt: number
  /** When its execution began; 0 before that. */
  beganAt = 0
  /** When it had its outcome; 0 before that. */
  endedAt = 0
  settled = false
  /** Of a COPY, once it is handed out. */
  stream: Readable | undefined = undefined
  /** Rows of a cursor's batches so far. */
  batched = 0
  #request: RequestQueries | undefined = undefined
  #event: QueryEvent | undefined = undefined
  readonly #room: WaitingRoom
  readonly #observers: readonly StatementObserver[]
  #executor: Executor | undefined = undefined

  constructor (query: Query, room: WaitingRoom, observers: readonly StatementObserver[], askedAt = clock()) {
    this.query = query
    this.askedAt = askedAt
    this.#room = room
    this.#observers = observers
    if (query.cursorFn !== undefined) followCursor(this, query)
    else {
      const { resolve, reject } = query
      query.resolve = value => {
        const refusal = this.settle(false, value)
        return refusal === undefined ? resolve.call(query, value) : reject.call(query, refusal)
      }
      query.reject = error => {
        this.settle(true, error)
        return reject.call(query, error)
      }
    }
  }

  /**
   * Counts the statement as a request's, if it has one, and announces it. Not called for statements of our own, which
   * nobody else is to hear of.
   */
  asked (request: RequestQueries | undefined, source: QuerySource): this {
    if (request !== undefined) this.#request = request.ask()
    this.#event = announce(this.query, source)
    return this
  }

  begin (executor: Executor, at: number): void {
    this.#executor = executor
    this.beganAt = at
  }

  /**
   * Records the statement's first outcome. Returns the error that it has to be rejected with although it succeeded, if
   * there is one.
   */
  settle (failed: boolean, value: unknown): Error | undefined {
    if (this.settled) return
    if (!failed && isStream(value)) {
      this.stream = value
      this.#executor?.streams(this)
      return
    }
    this.settled = true
    if (failed) tellOrigin(this.query, value)
    const executor = this.#executor
    const refusal = failed ? undefined : executor?.refusal()
    if (failed) this.#record(true, value, executor !== undefined)
    else this.#record(refusal !== undefined, refusal ?? value, executor !== undefined)
    if (executor === undefined) this.#room.withdraw(this)
    else executor.settled(this, failed, value)
    return refusal
  }

  #record (failed: boolean, value: unknown, executed: boolean): void {
    const now = this.endedAt = clock()
    const wait = ((executed ? this.beganAt : now) - this.askedAt) / 1000
    const execution = executed ? (now - this.beganAt) / 1000 : neverExecuted
    const observers = this.#observers
    const request = this.#request
    const rows = failed ? this.batched : this.batched + rowsOf(value)
    for (let i = 0; i < observers.length; i++) {
      const observer = observers[i] as StatementObserver
      if (failed) observer.error(this.query, value, rows, wait, execution, request)
      else observer.result(this.query, value, rows, wait, execution, request)
    }
    if (request !== undefined) request.settle()
    if (this.#event !== undefined) conclude(this.#event, failed, value, rows, wait, execution)
  }
}

/**
 * Follows a query that is iterated by a cursor. The driver sets its `resolve`, `reject` and `cursorFn` anew for each
 * batch, and reads `active` to learn whether more batches follow. An error between two batches is kept and rejects the
 * next one; otherwise the driver would end the iteration as if all rows had come.
 */
function followCursor (statement: Statement, query: Query): void {
  let { resolve, reject, cursorFn, active } = query
  let awaited = true
  let kept: { error: unknown } | undefined

  const succeed = (value: unknown) => {
    const refusal = statement.settle(false, value)
    return refusal === undefined ? resolve.call(query, value) : reject.call(query, refusal)
  }
  const fail = (error: unknown) => {
    statement.settle(true, error)
    if (!awaited) kept ??= { error }
    return reject.call(query, error)
  }
  const batch = function (this: unknown, result: Result) {
    // Only the last batch has a count, which is that of all rows.
    if (result?.count === null) statement.batched += result.length
    awaited = false
    return cursorFn?.call(this, result)
  }
  Object.defineProperties(query, {
    resolve: { get: () => succeed, set: (value: Query['resolve']) => { resolve = value } },
    reject: {
      get: () => fail,
      set: (value: Query['reject']) => {
        reject = value
        awaited = true
        if (kept === undefined) return
        const { error } = kept
        kept = undefined
        queueMicrotask(() => { reject.call(query, error) })
      }
    },
    cursorFn: { get: () => batch, set: (value: Query['cursorFn']) => { cursorFn = value } },
    active: { get: () => active || kept !== undefined, set: (value: boolean) => { active = value } }
  })
}
