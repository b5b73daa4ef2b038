import { clock } from '../../clock.js'
import { codeOf } from '../../error-code.js'
import { outsideRequests } from '../../metrics/queries/request-context.js'
import type { Connection, ConnectionOptions } from '../connection/connection.js'
import { backoff } from '../backoff.js'
import { connectionDestroyed } from '../errors.js'
import type { TransactionOutcome } from '../connection/open-transaction.js'
import { addressesOf, Hosts } from '../connection/hosts.js'
import type { PoolOptions } from './pool-options.js'

/** What a pool tells its growth, and what it is told by it. */
export interface GrowingPool {
  /** How many queries and transactions wait for a connection. */
  readonly waiting: number
  /** How many connections may be added to those that are open. */
  readonly room: number
  /** Called when the number of connections that are being opened has changed. */
  changed: () => void
  opened: (connection: Connection, seconds: number) => void
  /** Called when an attempt to open a connection has ended without one. */
  attempted: () => void
  /** Called with why a connection could not be opened, and when that attempt began, in milliseconds of the clock. */
  notOpened: (error: unknown, since: number) => void
  gone: (connection: Connection) => void
  transactionEnded: (outcome: TransactionOutcome, seconds: number) => void
}

/** Between a failed attempt to open a connection and the next. */
const pauses = { shortestMs: 20, longestMs: 500 }

/**
 * Share of its lifetime by which a connection may be closed early, drawn at random, so that connections that were
 * opened together are not closed together. HikariCP varies its `maxLifetime` by as much.
 */
const jitter = 0.025

/**
 * Opens a pool's connections: as many at once as are needed, but one at a time, after a growing pause, while they
 * cannot be opened. Where a server refuses the startup parameter `statement_timeout`, it connects without.
 */
export class PoolGrowth {
  /** Why the last attempt failed; undefined when it did not. */
  lastFailure: unknown
  readonly #options: PoolOptions
  readonly #pool: GrowingPool
  readonly #hosts: Hosts
  /** Connections that are being opened. */
  readonly #coming = new Set<Connection>()
  #connecting = 0
  #failures = 0
  #pause: NodeJS.Timeout | undefined
  #withStatementTimeout: boolean
  #typesAreFetched = false
  #isDestroyed = false

  constructor (options: PoolOptions, pool: GrowingPool) {
    this.#options = options
    this.#pool = pool
    this.#hosts = new Hosts(addressesOf(options.driver), options.sessionAttributes)
    this.#withStatementTimeout = options.queryTimeoutMs > 0
  }

  /** How many connections are being opened. */
  get connecting (): number {
    return this.#connecting
  }

  /** Opens the connections that are waited for, as far as there is room. */
  grow (): void {
    if (this.#pause !== undefined) return
    const { waiting } = this.#pool
    const most = this.#failures > 0 ? Math.min(1, waiting) : waiting
    while (this.#connecting < most && this.#connecting < this.#pool.room) this.#connect()
  }

  stop (): void {
    clearTimeout(this.#pause)
  }

  /** Gives up connections that are being opened, and opens no more. */
  destroy (): void {
    this.#isDestroyed = true
    for (const connection of [...this.#coming]) connection.lose(connectionDestroyed(), true)
  }

  #connect (): void {
    const beganAt = clock()
    const limitMs = this.#withStatementTimeout ? this.#options.queryTimeoutMs : 0
    this.#connecting++
    this.#pool.changed()
    outsideRequests(async () => await this.#hosts.connect(() => this.#connectionOptions(limitMs), connection => {
      this.#coming.add(connection)
      if (this.#isDestroyed) connection.lose(connectionDestroyed())
    })).then(connection => {
      this.#connecting--
      this.#opened(connection, beganAt)
    }, error => {
      this.#connecting--
      this.#pool.changed()
      if (limitMs > 0 && isStatementTimeoutRefused(error)) this.#goWithoutTimeout()
      else this.#notOpened(error, beganAt)
    })
  }

  #connectionOptions (limitMs: number): ConnectionOptions {
    const { driver, connect, encryption, connectTimeoutSeconds } = this.#options
    return {
      driver: {
        ...driver,
        // The first connection asks for the array types; the others use what it has found.
        fetch_types: driver.fetch_types && !this.#typesAreFetched,
        connection: { ...driver.connection, ...limitMs > 0 && { statement_timeout: limitMs } }
      },
      connect,
      encryption,
      connectTimeoutSeconds,
      statementTimeoutMs: limitMs,
      onTransaction: this.#pool.transactionEnded,
      onGone: connection => {
        this.#coming.delete(connection)
        this.#pool.gone(connection)
      }
    }
  }

  #opened (connection: Connection, beganAt: number): void {
    const now = clock()
    const { maxLifetimeSeconds } = this.#options
    if (maxLifetimeSeconds > 0) connection.expiresAt = now + maxLifetimeSeconds * 1000 * (1 - jitter * Math.random())
    this.#typesAreFetched = true
    this.#failures = 0
    this.lastFailure = undefined
    this.#coming.delete(connection)
    this.#pool.opened(connection, (now - beganAt) / 1000)
    this.grow()
  }

  /** Warns once, though several connections may be refused at the same time. */
  #goWithoutTimeout (): void {
    if (this.#withStatementTimeout) {
      this.#withStatementTimeout = false
      const why = 'The server, a pooler perhaps, refuses statement_timeout as a startup parameter'
      this.#options.onWarning({
        message: `${why}: connecting without, so that the pool alone ends queries that take too long`
      })
    }
    this.#pool.attempted()
    this.grow()
  }

  #notOpened (error: unknown, beganAt: number): void {
    this.#pool.attempted()
    this.#pool.notOpened(error, beganAt)
    this.lastFailure = error
    this.#failures++
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      this.grow()
    }, backoff(this.#failures, pauses))
  }
}

function isStatementTimeoutRefused (error: unknown): boolean {
  return codeOf(error) === '08P01' && /statement_timeout/.test((error as Error).message)
}
