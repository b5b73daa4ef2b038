import type { Socket } from 'node:net'
import type postgres from 'postgres'
import { clock } from '../../clock.js'
import { forgetSerialized, isStreamed, mayBeError, type Handler, type Query, type Session } from '../query/driver.js'
import { connectionClosed, copyAbandoned, queryTimeout, unsafeTransaction, type Address } from '../errors.js'
import { Opening, type OpeningOptions } from './opening.js'
import { OpenTransaction, type TransactionOutcome } from './open-transaction.js'
import { isStreaming, Progress } from './progress.js'
import { busy, failedTransaction, inTransaction, statusAfter } from './server-status.js'
import { abandon, cancelRequest, sendCancel, terminate } from './socket.js'
import { Statement, type Executor } from '../query/statement.js'
import { Cleanup, type Answered } from './cleanup.js'
import type { Wire } from './wire.js'

/** The holder of a connection: its pool, or a lease. */
export interface Owner {
  /** Whether a transaction may stay open between two statements. */
  readonly keepsTransactions: boolean
  /** Called when the connection is ready for the next statement. */
  ready: (connection: Connection) => void
  lost: (connection: Connection, error: Error) => void
}

export interface ConnectionOptions extends OpeningOptions {
  /** The `statement_timeout` that the connection was opened with, in milliseconds; 0 when it has none. */
  statementTimeoutMs: number
  onTransaction: (outcome: TransactionOutcome, seconds: number) => void
  /** Called when the connection was closed or is lost. */
  onGone: (connection: Connection) => void
}

/**
 * SQLSTATEs after which a connection is not used again: the server became read-only (a failover), shuts down, or lost
 * the connection (class 08).
 */
const useless = /^(25006|57P0[123]|08...)$/

const ignore = () => {}
/**
 * A resolved promise, to run something after the current callback. `queueMicrotask` of Node.js would allocate a
 * resource each time.
 */
const soon = Promise.resolve()

/**
 * A connection to PostgreSQL: a postgres.js client of one connection, on a socket that is given to it and never
 * replaced.
 * 1. `open` connects, encrypts, and has the driver log in; `execute` gives it one statement at a time.
 * 2. The last bytes of each answer tell whether the server is ready, and whether a transaction is open.
 * 3. A statement that failed, streamed, or whose end is in doubt is followed by a `select` without rows before the
 *    owner hears that the connection is ready: that waits for the rest of the answer, and resets the driver's count of
 *    rows (porsager/postgres#1181).
 * 4. The driver is given what the server says, and never learns of the socket's end, so that it neither rejects nor
 *    reconnects by itself. When the connection is lost, its statement is rejected and its owner told; nothing more is
 *    executed on it.
 */
export class Connection implements Executor {
  readonly address: Address
  /** The session's ids, which requests to cancel need; known once it is open. */
  session: Session | undefined
  owner: Owner | undefined
  /** The statement that is executed now. */
  statement: Statement | undefined
  isLost = false
  /** The status that the server gave last. */
  status = busy
  /** Settled once the server has taken a request to cancel; undefined when none was sent. */
  cancelling: Promise<void> | undefined
  /** Milliseconds of the clock: when the connection is to be replaced, and since when it has been idle. */
  expiresAt = Infinity
  freeSince = 0
  readonly #options: ConnectionOptions
  #socket: Socket | undefined
  /** While the connection is being opened. */
  #opening: Opening | undefined
  #wire: Wire | undefined
  #handler: Handler = ignore
  #client: postgres.Sql | undefined
  readonly #transaction: OpenTransaction
  readonly #cleanup: Cleanup
  readonly #progress = new Progress()
  /** The connection's own statement, and what is called with its outcome. */
  #asked: { statement: Statement, done: Answered } | undefined
  /** Whether the driver is reading an answer right now, and whether that has ended the statement. */
  #isHearing = false
  #isThrough = false
  /** Whether the last statement may have left something to clean up. */
  #doubtful = false
  #isUseless = false

  constructor (address: Address, options: ConnectionOptions) {
    this.address = address
    this.#options = options
    this.#transaction = new OpenTransaction(options.onTransaction)
    this.#cleanup = new Cleanup(this)
  }

  /**
   * Opens the connection. Resolves with the answer to a first statement without parameters. Rejects with the error, and
   * then the connection is lost.
   */
  async open (first: string): Promise<unknown> {
    this.#opening = new Opening(this, this.#options)
    const { wire, client, handler, session, answer } = await this.#opening.open(first)
    this.#opening = undefined
    this.#wire = wire
    this.#client = client
    this.#handler = handler
    this.session = session
    return answer
  }

  take (socket: Socket): void {
    this.#socket = socket
    socket.once('error', error => { this.lose(error) })
    for (const event of ['end', 'close']) socket.once(event, () => { this.lose() })
  }

  readonly heard = (chunk: Buffer): void => {
    this.status = statusAfter(chunk)
    if (this.#opening !== undefined) return this.#opening.hear(chunk)
    if (mayBeError(chunk) && this.statement !== undefined) forgetSerialized(this.statement.query, chunk)
    if (this.isLost) return
    this.#isHearing = true
    this.#wire?.deliver(chunk)
    this.#isHearing = false
    if (!this.#isThrough) return
    this.#isThrough = false
    this.#afterwards()
  }

  get isInTransaction (): boolean {
    return this.status === inTransaction || this.status === failedTransaction
  }

  /** Whether a transaction is open that the owner does not keep. */
  get isStray (): boolean {
    return this.isInTransaction && this.owner?.keepsTransactions === false
  }

  /** Whether the connection's own statement is executed, or its login. */
  get isAskingItself (): boolean {
    return this.statement === undefined || this.#asked !== undefined
  }

  /**
   * Executes a statement. The connection has to be ready.
   * @param now - the time of the clock, when the caller has read it already
   */
  execute (statement: Statement, now?: number): void {
    if (this.isLost) statement.query.reject(connectionClosed(this.address))
    else if (this.#options.statementTimeoutMs > 0 && isStreamed(statement.query)) {
      this.#cleanup.withoutTimeout(statement)
    } else this.give(statement, now)
  }

  /** Gives a statement to the driver. */
  give (statement: Statement, now = clock()): void {
    this.statement = statement
    this.status = busy
    statement.begin(this, now)
    this.#handler(statement.query)
  }

  /** Executes a statement of the connection's own, which is neither measured nor logged. */
  ask (text: string, parameters: Array<string | boolean>, done: Answered): void {
    const client = this.#client as postgres.Sql
    const query = client.unsafe(text, parameters, { prepare: false, simple: false } as object) as unknown as Query
    query.handler = () => {
      const statement = new Statement(query, { withdraw: ignore }, [])
      this.#asked = { statement, done }
      if (this.isLost) query.reject(connectionClosed(this.address))
      else this.give(statement)
    }
    query.catch(ignore)
  }

  refusal (): Error | undefined {
    const began = this.status === inTransaction && this.isStray && this.#asked === undefined
    return began ? unsafeTransaction() : undefined
  }

  settled (statement: Statement, failed: boolean, value: unknown): void {
    this.statement = undefined
    this.freeSince = statement.endedAt
    const asked = this.#asked
    if (asked?.statement === statement) {
      this.#asked = undefined
      soon.then(() => {
        if (this.isLost) return
        this.#transaction.follow(this.status, failed ? undefined : value)
        asked.done(failed, value)
      }, ignore)
      return
    }
    this.#transaction.follow(this.status, failed ? undefined : value, statement)
    // The driver does not destroy a stream that was written to its end.
    if (failed) statement.stream?.destroy(value as Error)
    if (failed && useless.test((value as { code?: string } | null)?.code ?? '')) this.#isUseless = true
    if (failed || this.status === busy || isStreaming(statement)) this.#doubtful = true
    // Later: the driver is still reading this answer, and would mix up the errors of two queries.
    if (this.#isHearing) this.#isThrough = true
    else soon.then(this.#afterwards)
  }

  streams (statement: Statement): void {
    const { stream } = statement
    // Destroying a stream that is written tells the server that the COPY failed; for one that is read there is no such
    // message.
    stream?.once('close', () => {
      if (stream.readableEnded === false && !statement.settled) this.lose(copyAbandoned())
    })
  }

  readonly #afterwards = (): void => {
    if (this.isLost) return
    if (this.#doubtful || this.isStray || this.cancelling !== undefined) {
      this.#doubtful = false
      this.#cleanup.cleanUp()
    } else this.owner?.ready(this)
  }

  /** Tells the owner that the connection is ready for the next statement. */
  ready (): void {
    this.owner?.ready(this)
  }

  /** Reads and drops the rest of a COPY that nobody reads any more: nothing after it would arrive. */
  drain (): void {
    this.#socket?.resume()
  }

  /** Tells a new owner that the connection is ready, once it is. */
  release (): void {
    this.freeSince = clock()
    this.#afterwards()
  }

  /** Whether the connection is to be replaced when it is free: it is too old, or its server is of no more use. */
  isWornOut (): boolean {
    return this.#isUseless || this.freeSince >= this.expiresAt
  }

  /**
   * Closes the connection as lost when its statement has had no answer, or its stream no progress, for more than
   * `limitMs` milliseconds. `shownMs` is the limit in the error's message.
   */
  check (now: number, limitMs: number, shownMs: number): void {
    const { statement } = this
    if (statement === undefined || this.isLost) return
    if (this.#progress.stalledMs(statement, this.#socket as Socket, now) <= limitMs) return
    this.sendCancel(cancelRequest(this.session as Session)).catch(ignore)
    this.lose(queryTimeout(shownMs, isStreaming(statement)), true)
  }

  /** Sends a request to cancel. Until the server has taken it, the connection executes nothing for its next owner. */
  async cancel (message: Buffer): Promise<void> {
    this.cancelling = this.sendCancel(message).catch(ignore).then(() => {
      this.cancelling = undefined
    })
    await this.cancelling
  }

  async sendCancel (message: Buffer): Promise<void> {
    await sendCancel(this.#options.connect(this.address), message)
  }

  /**
   * Closes the connection at once, as lost.
   * @param error - the reason, if it is known
   * @param told - whether the statement is rejected with that same error
   */
  lose (error?: Error, told = false): void {
    if (this.isLost) return
    this.isLost = true
    if (this.#socket !== undefined) abandon(this.#socket)
    const closed = told && error !== undefined ? error : connectionClosed(this.address, error)
    const { statement } = this
    const { next } = this.#cleanup
    statement?.query.reject(closed)
    next?.query.reject(closed)
    this.#transaction.end('lost')
    this.#options.onGone(this)
    this.owner?.lost(this, closed)
    this.#opening?.fail(error ?? closed)
  }

  /** Closes the connection in order. No statement may be under way. */
  close (): void {
    if (this.isLost) return
    this.isLost = true
    terminate(this.#socket as Socket)
    this.#options.onGone(this)
    this.owner?.lost(this, connectionClosed(this.address))
  }

  /** Resolves when the socket of a lost connection has closed. */
  async gone (): Promise<void> {
    const socket = this.#socket
    if (socket !== undefined && !socket.destroyed) await new Promise(resolve => { socket.once('close', resolve) })
  }
}
