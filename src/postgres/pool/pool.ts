import { clock } from '../../clock.js'
import { queriesInContext } from '../../metrics/queries/request-context.js'
import type { RequestQueries } from '../../metrics/queries/request-queries.js'
import type { Connection, Owner } from '../connection/connection.js'
import { PoolGrowth, type GrowingPool } from './pool-growth.js'
import type { Query, Session } from '../query/driver.js'
import { acquireTimeout, connectionDestroyed, connectionEnded } from '../errors.js'
import { Housekeeping } from './housekeeping.js'
import { Lease } from './lease.js'
import type { TransactionOutcome } from '../connection/open-transaction.js'
import type { PoolNumbers, PoolObserver } from './pool-observer.js'
import type { PoolOptions } from './pool-options.js'
import type { QuerySource } from '../query/query-events.js'
import { requestOf } from '../query/request-of.js'
import { Statement } from '../query/statement.js'
import { WaitQueue, type Waiter } from './wait-queue.js'

/** Milliseconds between two checks of deadlines, while something waits or is executed. */
const interval = 50
/** Milliseconds by which the server may be late in ending a query by its own `statement_timeout`. */
const grace = 250

const ignore = () => {}

/**
 * A pool whose connections each have one holder at a time: a query, a transaction or a reservation. Others wait in the
 * order in which they asked, until a deadline.
 * 1. When something waits, connections are opened for it, up to `max`.
 * 2. A free connection goes to whoever has waited longest, or becomes idle; of the idle ones, the last used is taken
 *    first.
 * 3. A connection that is lost, too old or of no more use is closed, and replaced when something waits.
 * 4. When none can be opened and none is open, everything that waits is rejected with the reason. The next attempt
 *    comes after a pause, which grows.
 */
export class Pool implements Owner, GrowingPool, PoolNumbers {
  readonly keepsTransactions = false
  readonly observers: PoolObserver[] = []
  readonly source: QuerySource
  readonly #options: PoolOptions
  readonly #growth: PoolGrowth
  readonly #housekeeping: Housekeeping
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  readonly #queue = new WaitQueue(() => {
    this.changed()
    this.#drained()
  })

  /** Connections that are ended, but whose sockets have not closed yet. */
  readonly #leaving = new Set<Connection>()
  #watch: NodeJS.Timeout | undefined
  #isEnding = false
  #ended: Promise<void> | undefined
  #drained = ignore

  constructor (options: PoolOptions) {
    this.#options = options
    this.source = options.source ?? { pool: '' }
    this.#housekeeping = new Housekeeping(this.#idle, options.idleTimeoutSeconds)
    this.#growth = new PoolGrowth(options, this)
  }

  get max (): number {
    return this.#options.max
  }

  get idle (): number {
    return this.#idle.length
  }

  get used (): number {
    return this.#open.size - this.#idle.length
  }

  get connecting (): number {
    return this.#growth.connecting
  }

  get waiting (): number {
    return this.#queue.size
  }

  /** Adds an observer, and tells it the pool's numbers at once. */
  observe (observer: PoolObserver): void {
    this.observers.push(observer)
    observer.changed(this)
  }

  changed (): void {
    const { observers } = this
    for (let i = 0; i < observers.length; i++) (observers[i] as PoolObserver).changed(this)
  }

  /**
   * Executes a query on a connection that no other query uses meanwhile.
   * @param request - the request that the query counts for, if there is one
   */
  readonly run = (query: Query, request = requestOf(query)): void => {
    if (query.cancelled !== null) return
    const statement = new Statement(query, this.#queue, this.observers).asked(request, this.source)
    const connection = this.#takeIdle()
    if (connection !== undefined) this.#execute(connection, statement, statement.askedAt)
    else this.#wait(statement)
  }

  #takeIdle (): Connection | undefined {
    const connection = this.#isEnding ? undefined : this.#idle.pop()
    if (connection !== undefined) this.changed()
    return connection
  }

  #execute (connection: Connection, statement: Statement, now?: number): void {
    if (this.#watch === undefined) this.#startWatch()
    connection.execute(statement, now)
  }

  /**
   * Leases a connection for longer than one statement. Rejects when no connection is free before the deadline, or none
   * can be opened.
   * @param place - where in the program it was asked for, as a stack
   * @param request - the request that all of its statements count for, if there is one
   */
  async lease (place?: { stack?: string }, request?: RequestQueries): Promise<Lease> {
    return await new Promise((resolve, reject) => {
      const take = (connection: Connection) => { resolve(this.#leaseOf(connection, place, request)) }
      const connection = this.#takeIdle()
      if (connection !== undefined) take(connection)
      else this.#wait({ askedAt: clock(), take, fail: reject })
    })
  }

  #leaseOf (connection: Connection, place: { stack?: string } | undefined, request: RequestQueries | undefined): Lease {
    if (this.#watch === undefined) this.#startWatch()
    const { leakDetectionMs } = this.#options
    const warning = place === undefined
      ? undefined
      : setTimeout(() => { this.#warnOfLeak(place) }, leakDetectionMs).unref()
    const { observers, source } = this
    return new Lease(connection, { observers, source, request }, () => {
      clearTimeout(warning)
      connection.owner = this
      connection.release()
    })
  }

  #warnOfLeak ({ stack }: { stack?: string }): void {
    const { leakDetectionMs } = this.#options
    const message = `A connection has been held for more than ${leakDetectionMs} ms: place says what asked for it`
    this.#options.onWarning({ message, ...stack !== undefined && { place: stack } })
  }

  /** Rejects a query that could not be given to a connection, and counts it. */
  readonly refuse = (query: Query, error: unknown, askedAt?: number, request = queriesInContext()): void => {
    const statement = new Statement(query, this.#queue, this.observers, askedAt).asked(request, this.source)
    statement.query.reject(error)
  }

  #wait (waiter: Waiter): void {
    if (this.#isEnding) this.#queue.fail(waiter, connectionEnded())
    else {
      this.#queue.add(waiter)
      this.changed()
      if (this.#watch === undefined) this.#startWatch()
      this.#growth.grow()
    }
  }

  ready (connection: Connection): void {
    if (connection.isLost) return
    if (connection.isWornOut()) connection.close()
    else if (this.#queue.size > 0) this.#serve(connection)
    else if (this.#isEnding) connection.close()
    else {
      this.#idle.push(connection)
      this.changed()
      if (!this.#housekeeping.isDue) this.#housekeeping.plan()
    }
  }

  #serve (connection: Connection): void {
    const waiter = this.#queue.shift()
    this.changed()
    if (waiter instanceof Statement) this.#execute(connection, waiter)
    else waiter.take(connection)
  }

  lost (): void {}

  // Called by `PoolGrowth`.

  get room (): number {
    return this.#options.max - this.#open.size
  }

  opened (connection: Connection, seconds: number): void {
    this.#open.add(connection)
    this.changed()
    for (const observer of this.observers) observer.opened(seconds)
    connection.owner = this
    connection.release()
  }

  attempted (): void {
    this.#drained()
  }

  notOpened (error: unknown, since: number): void {
    if (this.#isEnding && this.#queue.size === 0) return
    for (const observer of this.observers) observer.connectionError(error)
    // While other connections are open, it is worth waiting for one of these.
    if (this.#open.size === 0) this.#queue.failUntil(since, () => error)
  }

  readonly transactionEnded = (outcome: TransactionOutcome, seconds: number): void => {
    for (const observer of this.observers) observer.transaction(outcome, seconds)
  }

  gone (connection: Connection): void {
    this.#leaving.add(connection)
    connection.gone().then(() => {
      this.#leaving.delete(connection)
      this.#drained()
    }, ignore)
    if (!this.#open.delete(connection)) return
    const place = this.#idle.indexOf(connection)
    if (place >= 0) this.#idle.splice(place, 1)
    this.changed()
    for (const observer of this.observers) observer.closed()
    const { onclose } = this.#options.driver as { onclose?: (id: number) => void }
    onclose?.(connection.session?.pid ?? 0)
    this.#growth.grow()
  }

  /** Returns the open connection whose session a request to cancel means; undefined when there is none. */
  connectionOf ({ pid, secret }: Session): Connection | undefined {
    return [...this.#open].find(({ session }) => session !== undefined &&
      (session.pid | 0) === pid &&
      (session.secret | 0) === secret)
  }

  /** The statements that are being executed. */
  executing (): Set<Statement | undefined> {
    const executing = new Set([...this.#open].map(({ statement }) => statement))
    executing.delete(undefined)
    return executing
  }

  #startWatch (): void {
    const { acquireTimeoutMs, queryTimeoutMs } = this.#options
    if (acquireTimeoutMs === 0 && queryTimeoutMs === 0) return
    // One turn of the event loop later, so that answers that arrived while the process was blocked are read first.
    this.#watch = setInterval(() => { setImmediate(() => { this.#look() }) }, interval).unref()
  }

  #look (): void {
    const now = clock()
    const { acquireTimeoutMs, queryTimeoutMs } = this.#options
    if (acquireTimeoutMs > 0) {
      this.#queue.failUntil(now - acquireTimeoutMs, () => acquireTimeout(acquireTimeoutMs, this.#growth.lastFailure))
    }
    if (queryTimeoutMs > 0) {
      for (const connection of [...this.#open]) connection.check(now, queryTimeoutMs + grace, queryTimeoutMs)
    }
    if (this.#queue.size > 0 || this.#idle.length < this.#open.size) return
    clearInterval(this.#watch)
    this.#watch = undefined
  }

  /** Closes each connection as soon as it is free; new ones are opened when they are needed. */
  close (): void {
    for (const connection of [...this.#idle]) connection.close()
    for (const connection of this.#open) connection.expiresAt = 0
  }

  /**
   * Ends the pool once all queries asked before have ended, at the latest after `timeoutSeconds`. Resolves when all
   * connections are closed. Queries asked later reject.
   */
  async end (timeoutSeconds: number | undefined): Promise<void> {
    this.#ended ??= this.#end(timeoutSeconds)
    await this.#ended
  }

  async #end (timeoutSeconds: number | undefined): Promise<void> {
    this.#isEnding = true
    if (this.#queue.size === 0) for (const connection of [...this.#idle]) connection.close()
    const deadline = timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => { this.#destroy() }, timeoutSeconds * 1000)
    while (this.#queue.size + this.#open.size + this.#growth.connecting + this.#leaving.size > 0) {
      await new Promise<void>(resolve => { this.#drained = resolve })
    }
    clearTimeout(deadline)
    clearInterval(this.#watch)
    this.#growth.stop()
    this.#housekeeping.stop()
  }

  #destroy (): void {
    this.#queue.failUntil(Infinity, connectionDestroyed)
    for (const connection of [...this.#open]) connection.lose(connectionDestroyed(), true)
    this.#growth.destroy()
    this.#drained()
  }
}
