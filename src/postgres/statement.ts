import type { Readable } from 'node:stream'
import { clock } from '../clock.js'
import type { RequestQueries } from '../metrics/queries/request-queries.js'
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

/** Where a statement waits to be executed. */
export interface WaitingRoom {
  /** It has its outcome already, so that it need not be executed. */
  withdraw: (statement: Statement) => void
}

/** What executes a statement. */
export interface Executor {
  /** Why a statement that succeeded must not count as such, if there is a reason. */
  refusal: () => Error | undefined
  /** The stream of a COPY is handed out, and the statement goes on. */
  streams: (statement: Statement) => void
  /** The statement has its outcome; the rest of the answer may still come. */
  settled: (statement: Statement, failed: boolean, value: unknown) => void
}

/**
 * A query from being asked to its outcome. Its own `resolve` and `reject` are replaced by ones that hear of the
 * outcome; the first counts, since the driver settles some more than once. Times are in milliseconds.
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

  /** Notes who asks: a request that it is charged to, if there is one. What nobody else is to hear of is not asked. */
  asked (request: RequestQueries | undefined, source: QuerySource): this {
    if (request !== undefined) this.#request = request.ask()
    this.#event = announce(this.query, source)
    return this
  }

  begin (executor: Executor, at: number): void {
    this.#executor = executor
    this.beganAt = at
  }

  /** Records the first outcome. Returns why it must not count as a success, if so. */
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
 * An iterated cursor sets `resolve`, `reject` and `cursorFn` anew for each batch, and takes `active` for whether there
 * are more. An error that comes while no batch is waited for is kept for the next one: the driver would tell the loop
 * that it is done.
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
    // The last one has a count, which is the result's.
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
