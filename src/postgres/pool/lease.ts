import type { Readable, Writable } from 'node:stream'
import { codeOf } from '../../error-code.js'
import type { RequestQueries } from '../../metrics/queries/request-queries.js'
import type { Connection, Owner } from '../connection/connection.js'
import { connectionClosed, copyInProgress, leaseOver } from '../errors.js'
import type { Query } from '../query/driver.js'
import type { QuerySource } from '../query/query-events.js'
import { requestOf } from '../query/request-of.js'
import { Statement, type StatementObserver } from '../query/statement.js'

/**
 * Who observes a lease's statements, and which request they count for. Without a request, each statement counts for the
 * request that asks it.
 */
export interface LeaseFor {
  readonly observers: readonly StatementObserver[]
  readonly source: QuerySource
  readonly request: RequestQueries | undefined
}

/**
 * The use of one connection by one holder, for a transaction or until `release()`. Its statements are executed one at a
 * time, in order. After the lease has ended, or when its connection is lost, further queries reject and are not
 * executed.
 */
export class Lease implements Owner {
  readonly keepsTransactions = true
  readonly connection: Connection
  readonly #for: LeaseFor
  readonly #giveBack: () => void
  readonly #queue = new Set<Statement>()
  readonly #lost: Array<(error: Error) => void> = []
  #idle: Array<() => void> = []
  #isBusy = false
  #over: Error | undefined

  constructor (connection: Connection, leaseFor: LeaseFor, giveBack: () => void) {
    this.connection = connection
    this.#for = leaseFor
    this.#giveBack = giveBack
    connection.owner = this
  }

  /** Executes a query on the lease's connection; postgres.js calls it as the query's handler. */
  readonly run = (query: Query, askedAt?: number): void => {
    if (query.cancelled !== null) return
    const { observers, source, request = requestOf(query) } = this.#for
    const statement = new Statement(query, this, observers, askedAt).asked(request, source)
    if (this.#over !== undefined) query.reject(this.#over)
    else if (this.#openCopy !== undefined) query.reject(copyInProgress())
    else if (this.#isBusy) this.#queue.add(statement)
    else this.#execute(statement, askedAt === undefined ? statement.askedAt : undefined)
  }

  #execute (statement: Statement, now?: number): void {
    this.#isBusy = true
    this.connection.execute(statement, now)
  }

  /** The open stream of a COPY. While it is open no other query can be executed, so waiting for it would never end. */
  get #openCopy (): Readable | Writable | undefined {
    const stream = this.connection.statement?.stream as Readable | Writable | undefined
    if (stream === undefined || stream.destroyed) return undefined
    return ('writableEnded' in stream ? stream.writableEnded : stream.readableEnded) ? undefined : stream
  }

  /** Destroys the stream of a COPY that was left open. The error is told to the holder by the transaction. */
  abandonCopy (error: unknown): void {
    const stream = this.#openCopy
    if (stream === undefined) return
    this.#lost.length = 0
    stream.on('error', () => {}).destroy(error instanceof Error ? error : undefined)
  }

  /** Rejects a query that could not be given to the connection, and counts it. */
  readonly refuse = (query: Query, error: unknown): void => {
    const { observers, source, request = requestOf(query) } = this.#for
    const statement = new Statement(query, this, observers).asked(request, source)
    statement.query.reject(error)
  }

  withdraw (statement: Statement): void {
    this.#queue.delete(statement)
  }

  ready (): void {
    const [next] = this.#queue
    if (next !== undefined) {
      this.#queue.delete(next)
      this.#execute(next)
      return
    }
    this.#isBusy = false
    for (const tell of this.#idle.splice(0)) tell()
    if (this.#over !== undefined) this.#giveBack()
  }

  lost (_connection: Connection, error: Error): void {
    const wasOver = this.#over !== undefined
    this.#giveBack()
    this.#over ??= connectionClosed(
      this.connection.address,
      codeOf(error) === 'CONNECTION_CLOSED' ? error.cause : error
    )
    for (const statement of this.#queue) statement.query.reject(error)
    if (wasOver) return
    // A holder that waits for a statement is told what ended it; otherwise, that the connection was closed.
    const told = this.#isBusy ? error : this.#over
    for (const tell of this.#lost.splice(0)) tell(told)
    for (const tell of this.#idle.splice(0)) tell()
  }

  /** Rejects when the connection is lost before the lease ends; never resolves. */
  async untilLost (): Promise<never> {
    return await new Promise((_resolve, reject) => { this.#lost.push(reject) })
  }

  /** Resolves once no statement is being executed. */
  async settled (): Promise<void> {
    if (this.#isBusy && !this.connection.isLost) await new Promise<void>(resolve => { this.#idle.push(resolve) })
  }

  /**
   * Ends the lease, and gives the connection back once the queries asked before have ended. Does nothing when the lease
   * has ended or its connection was lost.
   * @param why - the message of the error for queries that are asked later
   */
  end (why: string): void {
    if (this.#over !== undefined) return
    this.#over = leaseOver(why)
    this.#lost.length = 0
    if (!this.#isBusy) this.#giveBack()
  }
}
