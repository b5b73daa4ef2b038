import type postgres from 'postgres'
import { clock } from '../clock.js'
import { codeOf } from '../error-code.js'
import { outsideRequests, queriesInContext } from '../metrics/queries/request-context.js'
import type { RequestQueries } from '../metrics/queries/request-queries.js'
import type { Connection, ConnectionOptions, Owner } from './connection.js'
import type { Query, Session } from './driver.js'
import { acquireTimeout, connectionDestroyed, connectionEnded } from './errors.js'
import { Lease } from './lease.js'
import type { TransactionOutcome } from './open-transaction.js'
import { addressesOf, Opening, type SessionAttributes } from './opening.js'
import type { QuerySource } from './query-events.js'
import { requestOf } from './request-of.js'
import type { Connect, Encryption } from './socket.js'
import { Statement, type StatementObserver } from './statement.js'

export interface PoolOptions {
  /** Options of postgres.js as it has read them. */
  driver: postgres.Sql['options']
  connect: Connect
  encryption: Encryption
  sessionAttributes: SessionAttributes | undefined
  max: number
  connectTimeoutSeconds: number
  acquireTimeoutMs: number
  queryTimeoutMs: number
  idleTimeoutSeconds: number
  maxLifetimeSeconds: number
  leakDetectionMs: number
  onWarning: (warning: PoolWarning) => void
  /** Whose queries these are, when they are not the pool's own. */
  source?: QuerySource
}

export interface PoolWarning {
  message: string
  /** Where in the program the cause was, as a stack. */
  place?: string
}

export interface PoolNumbers {
  max: number
  idle: number
  used: number
  connecting: number
  /** Statements and holders that have no connection yet. */
  queued: number
}

/** Is told of a pool's statements, transactions and connections. */
export interface PoolObserver extends StatementObserver {
  transaction: (outcome: TransactionOutcome, seconds: number) => void
  opened: (seconds: number) => void
  closed: () => void
  connectionError: (error: unknown) => void
}

/** A holder to be that waits for a connection. */
interface Applicant {
  readonly askedAt: number
  take: (connection: Connection) => void
  fail: (error: unknown) => void
}

/** What waits for a connection: a statement, without anything made for it, since it is on everybody's way. */
type Waiter = Statement | Applicant

/** Milliseconds between two looks at what waits and is executed, while there is something. */
const interval = 50
/** Milliseconds that the server gets to tell of its own `statement_timeout` first. */
const grace = 250
/** Milliseconds before a connection is opened again after one could not be: doubled each time, up to the longest. */
const shortestPause = 20
const longestPause = 500
/** Connections made together are not to grow old together; as HikariCP varies its `maxLifetime`. */
const jitter = 0.025

const ignore = () => {}

/**
 * Connections that are leased to one holder at a time: for one statement, or for a transaction. Who finds none waits in
 * the order of asking, each until its deadline.
 *
 * 1. A connection is opened for who waits, as long as there are fewer than `max`.
 * 2. It goes to who has waited longest, and idles when nobody does; the one that idled last is taken first.
 * 3. One that is lost or worn out is thrown away, and another opened in its place when somebody waits.
 * 4. When none can be opened and there is no other, who waited for it is told why. The next attempt comes after a
 *    growing pause.
 */
export class Pool implements Owner {
  readonly keepsTransactions = false
  readonly observers: PoolObserver[] = []
  readonly source: QuerySource
  readonly #options: PoolOptions
  readonly #opening: Opening
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  /** Those that are being opened. */
  readonly #coming = new Set<Connection>()
  /** In the order in which they asked. */
  readonly #waiting = new Set<Waiter>()
  /** Those whose sockets have not closed yet. */
  readonly #leaving = new Set<Connection>()
  #connecting = 0
  #failures = 0
  #lastFailure: unknown
  #pause: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined
  #housekeeping: NodeJS.Timeout | undefined
  #withStatementTimeout: boolean
  #typesAreFetched = false
  #isEnding = false
  #isDestroyed = false
  #ended: Promise<void> | undefined
  #drained = ignore

  constructor (options: PoolOptions) {
    this.#options = options
    this.source = options.source ?? { pool: '' }
    this.#opening = new Opening(addressesOf(options.driver), options.sessionAttributes)
    this.#withStatementTimeout = options.queryTimeoutMs > 0
  }

  get numbers (): PoolNumbers {
    const idle = this.#idle.length
    const { max } = this.#options
    return { max, idle, used: this.#open.size - idle, connecting: this.#connecting, queued: this.#waiting.size }
  }

  /**
   * The handler of queries that need a connection for themselves alone.
   * @param request - whom they are charged to, when that is known
   */
  readonly run = (query: Query, request = requestOf(query)): void => {
    if (query.cancelled !== null) return
    const statement = new Statement(query, this, this.observers).asked(request, this.source)
    const connection = this.#isEnding ? undefined : this.#idle.pop()
    if (connection !== undefined) this.#execute(connection, statement, statement.askedAt)
    else this.#wait(statement)
  }

  #execute (connection: Connection, statement: Statement, now?: number): void {
    if (connection.owner !== this) connection.owner = this
    if (this.#watch === undefined) this.#startWatch()
    connection.execute(statement, now)
  }

  /**
   * Leases a connection, for longer than one statement.
   * @param place - where in the program it was asked for
   * @param request - whom all of its statements are charged to, when that is known
   */
  async lease (place?: { stack?: string }, request?: RequestQueries): Promise<Lease> {
    return await new Promise((resolve, reject) => {
      const take = (connection: Connection) => { resolve(this.#leaseOf(connection, place, request)) }
      const connection = this.#isEnding ? undefined : this.#idle.pop()
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
      if (connection.isLost) return
      connection.owner = this
      connection.release()
    })
  }

  #warnOfLeak ({ stack }: { stack?: string }): void {
    const { leakDetectionMs } = this.#options
    const message = `A connection has been held for more than ${leakDetectionMs} ms: place says what asked for it`
    this.#options.onWarning({ message, ...stack !== undefined && { place: stack } })
  }

  /** Rejects a query that could not come to be asked, which counts as one all the same. */
  readonly refuse = (query: Query, error: unknown, askedAt?: number, request = queriesInContext()): void => {
    const statement = new Statement(query, this, this.observers, askedAt).asked(request, this.source)
    statement.query.reject(error)
  }

  #wait (waiter: Waiter): void {
    if (this.#isEnding) this.#fail(waiter, connectionEnded())
    else {
      this.#waiting.add(waiter)
      if (this.#watch === undefined) this.#startWatch()
      this.#grow()
    }
  }

  withdraw (statement: Statement): void {
    this.#leave(statement)
  }

  #leave (waiter: Waiter): void {
    this.#waiting.delete(waiter)
    this.#drained()
  }

  #fail (waiter: Waiter, error: unknown): void {
    this.#leave(waiter)
    // What an option of the driver throws need not be an error, of which a query makes one, as the driver's do.
    if (!(waiter instanceof Statement)) waiter.fail(error)
    else waiter.query.reject(error instanceof Error ? error : new Error(String(error)))
  }

  ready (connection: Connection): void {
    if (connection.isLost) return
    if (connection.isWornOut()) connection.close()
    else if (this.#waiting.size > 0) this.#serve(connection)
    else if (this.#isEnding) connection.close()
    else {
      this.#idle.push(connection)
      if (this.#housekeeping === undefined) this.#keepHouse()
    }
  }

  #serve (connection: Connection): void {
    const [waiter] = this.#waiting
    if (waiter === undefined) return
    this.#waiting.delete(waiter)
    if (waiter instanceof Statement) this.#execute(connection, waiter)
    else waiter.take(connection)
  }

  lost (): void {}

  #grow (): void {
    if (this.#pause !== undefined) return
    const most = this.#failures > 0 ? Math.min(1, this.#waiting.size) : this.#waiting.size
    while (this.#connecting < most && this.#open.size + this.#connecting < this.#options.max) this.#connect()
  }

  #connect (): void {
    const beganAt = clock()
    const limitMs = this.#withStatementTimeout ? this.#options.queryTimeoutMs : 0
    this.#connecting++
    outsideRequests(async () => await this.#opening.open(() => this.#connectionOptions(limitMs), connection => {
      this.#coming.add(connection)
      if (this.#isDestroyed) connection.lose(connectionDestroyed())
    })).then(connection => {
      this.#connecting--
      this.#opened(connection, beganAt)
    }, error => {
      this.#connecting--
      if (limitMs > 0 && isStatementTimeoutRefused(error)) this.#connectWithout()
      else this.#notOpened(error, beganAt)
    })
  }

  #connectionOptions (limitMs: number): ConnectionOptions {
    const { driver, connect, encryption, connectTimeoutSeconds } = this.#options
    return {
      driver: {
        ...driver,
        // The array types that are found are kept for all connections.
        fetch_types: driver.fetch_types && !this.#typesAreFetched,
        connection: { ...driver.connection, ...limitMs > 0 && { statement_timeout: limitMs } }
      },
      connect,
      encryption,
      connectTimeoutSeconds,
      statementTimeoutMs: limitMs,
      onTransaction: (outcome, seconds) => {
        for (const observer of this.observers) observer.transaction(outcome, seconds)
      },
      onGone: connection => { this.#gone(connection) }
    }
  }

  #opened (connection: Connection, beganAt: number): void {
    const now = clock()
    const { maxLifetimeSeconds } = this.#options
    if (maxLifetimeSeconds > 0) connection.expiresAt = now + maxLifetimeSeconds * 1000 * (1 - jitter * Math.random())
    this.#typesAreFetched = true
    this.#failures = 0
    this.#lastFailure = undefined
    this.#coming.delete(connection)
    this.#open.add(connection)
    for (const observer of this.observers) observer.opened((now - beganAt) / 1000)
    connection.owner = this
    connection.release()
    this.#grow()
  }

  /** Told once for all connections that were being opened with it. */
  #connectWithout (): void {
    if (this.#withStatementTimeout) {
      this.#withStatementTimeout = false
      const why = 'The server, a pooler perhaps, refuses statement_timeout as a startup parameter'
      this.#options.onWarning({
        message: `${why}: connecting without, so that the pool alone ends queries that take too long`
      })
    }
    this.#drained()
    this.#grow()
  }

  #notOpened (error: unknown, beganAt: number): void {
    this.#drained()
    if (this.#isEnding && this.#waiting.size === 0) return
    for (const observer of this.observers) observer.connectionError(error)
    this.#lastFailure = error
    this.#failures++
    // Who waits while others work has them still to wait for.
    if (this.#open.size === 0) {
      for (const waiter of this.#waiting) {
        if (waiter.askedAt > beganAt) break
        this.#fail(waiter, error)
      }
    }
    const pause = Math.min(shortestPause * 2 ** (this.#failures - 1), longestPause)
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      this.#grow()
    }, pause * (0.5 + Math.random() / 2))
  }

  #gone (connection: Connection): void {
    this.#leaving.add(connection)
    connection.gone().then(() => {
      this.#leaving.delete(connection)
      this.#drained()
    }, ignore)
    this.#coming.delete(connection)
    if (!this.#open.delete(connection)) return
    const place = this.#idle.indexOf(connection)
    if (place >= 0) this.#idle.splice(place, 1)
    for (const observer of this.observers) observer.closed()
    const { onclose } = this.#options.driver as { onclose?: (id: number) => void }
    onclose?.(connection.session?.pid ?? 0)
    this.#grow()
  }

  /** The connection whose session a request to cancel names. */
  connectionOf ({ pid, secret }: Session): Connection | undefined {
    return [...this.#open].find(({ session }) => session !== undefined &&
      (session.pid | 0) === pid &&
      (session.secret | 0) === secret)
  }

  /** What is being executed. */
  executing (): Set<Statement | undefined> {
    return new Set([...this.#open].map(({ statement }) => statement))
  }

  #startWatch (): void {
    const { acquireTimeoutMs, queryTimeoutMs } = this.#options
    if (acquireTimeoutMs === 0 && queryTimeoutMs === 0) return
    // What has arrived while the process was held up is read first.
    this.#watch = setInterval(() => { setImmediate(() => { this.#look() }) }, interval).unref()
  }

  #look (): void {
    const now = clock()
    const { acquireTimeoutMs, queryTimeoutMs } = this.#options
    if (acquireTimeoutMs > 0) {
      for (const waiter of this.#waiting) {
        if (now - waiter.askedAt <= acquireTimeoutMs) break
        this.#fail(waiter, acquireTimeout(acquireTimeoutMs, this.#lastFailure))
      }
    }
    if (queryTimeoutMs > 0) {
      for (const connection of [...this.#open]) {
        connection.check(
          now,
          queryTimeoutMs + grace,
          queryTimeoutMs
        )
      }
    }
    if (this.#waiting.size > 0 || this.#idle.length < this.#open.size) return
    clearInterval(this.#watch)
    this.#watch = undefined
  }

  /** Closes what has idled for too long or is old, when the next is due. */
  #keepHouse (): void {
    const { idleTimeoutSeconds } = this.#options
    if (this.#idle.length === 0) return
    const now = clock()
    let due = Infinity
    for (const { freeSince, expiresAt } of this.#idle) {
      due = Math.min(due, expiresAt, idleTimeoutSeconds > 0 ? freeSince + idleTimeoutSeconds * 1000 : Infinity)
    }
    if (due === Infinity) return
    this.#housekeeping = setTimeout(() => {
      this.#housekeeping = undefined
      const now = clock()
      for (const connection of [...this.#idle]) {
        const isLate = idleTimeoutSeconds > 0 && now - connection.freeSince >= idleTimeoutSeconds * 1000
        if (isLate || now >= connection.expiresAt || connection.isWornOut()) connection.close()
      }
      this.#keepHouse()
    }, Math.min(Math.max(1, due - now), 2 ** 31 - 1)).unref()
  }

  /** Closes each connection once nobody has it; others are opened when they are needed. */
  close (): void {
    for (const connection of [...this.#idle]) connection.close()
    for (const connection of this.#open) connection.expiresAt = 0
  }

  /**
   * Ends the pool once all that was asked is done, and what is left after `timeoutSeconds` in any case. Resolves when
   * each connection is closed. Whatever is asked from now on rejects.
   */
  async end (timeoutSeconds: number | undefined): Promise<void> {
    this.#ended ??= this.#end(timeoutSeconds)
    await this.#ended
  }

  async #end (timeoutSeconds: number | undefined): Promise<void> {
    this.#isEnding = true
    if (this.#waiting.size === 0) for (const connection of [...this.#idle]) connection.close()
    const deadline = timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => { this.#destroy() }, timeoutSeconds * 1000)
    while (this.#waiting.size + this.#open.size + this.#connecting + this.#leaving.size > 0) {
      await new Promise<void>(resolve => { this.#drained = resolve })
    }
    clearTimeout(deadline)
    for (const timer of [this.#pause, this.#housekeeping, this.#watch]) clearTimeout(timer)
  }

  #destroy (): void {
    this.#isDestroyed = true
    for (const waiter of this.#waiting) {
      this.#fail(waiter, connectionDestroyed())
    }
    for (const connection of [...this.#open, ...this.#coming]) connection.lose(connectionDestroyed(), true)
    this.#drained()
  }
}

function isStatementTimeoutRefused (error: unknown): boolean {
  return codeOf(error) === '08P01' && /statement_timeout/.test((error as Error).message)
}
