import type { Socket } from 'node:net'
import postgres from 'postgres'
import { clock } from '../clock.js'
import {
  forgetSerialized,
  handlerOf,
  isStreamed,
  mayBeError,
  type Handler,
  type Query,
  type Result,
  type Session
} from './driver.js'
import {
  connectionClosed,
  connectTimeout,
  copyAbandoned,
  queryTimeout,
  unsafeTransaction,
  type Address
} from './errors.js'
import { onOneSocket } from './one-socket.js'
import { OpenTransaction, type TransactionOutcome } from './open-transaction.js'
import { isStreaming, Progress } from './progress.js'
import { RefusedTypes } from './refused-types.js'
import { busy, failedTransaction, idle, inTransaction, statusAfter } from './server-status.js'
import { cancelRequest, encrypt, isEncrypted, sendCancel, terminate, type Connect, type Encryption } from './socket.js'
import { Statement, type Executor } from './statement.js'
import { Cleanup, type Answered } from './cleanup.js'
import { Wire } from './wire.js'

/** Whoever has the connection at present. */
export interface Owner {
  /** Whether a transaction may stay open between two statements. */
  readonly keepsTransactions: boolean
  /** Called when it is ready for the next statement. */
  ready: (connection: Connection) => void
  lost: (connection: Connection, error: Error) => void
}

export interface ConnectionOptions {
  /** Options of postgres.js as it has read them, which it takes again. */
  driver: postgres.Sql['options']
  connect: Connect
  encryption: Encryption
  connectTimeoutSeconds: number
  /** The server's `statement_timeout`, if it has one of ours, in milliseconds; 0 is none. */
  statementTimeoutMs: number
  onTransaction: (outcome: TransactionOutcome, seconds: number) => void
  /** Called when it is gone: closed in order, or lost for a reason. */
  onGone: (connection: Connection) => void
}

/**
 * SQLSTATEs after which a connection is of no more use: read-only after a failover, shutting down, and the class of
 * connections.
 */
const useless = /^(25006|57P0[123]|08...)$/

const ignore = () => {}
/** Calls something once what runs at present is through; Node.js' own `queueMicrotask` makes a resource each time. */
const soon = Promise.resolve()

/**
 * One session, spoken by a postgres.js client of one connection that gets its socket from here and is never given a
 * second one.
 *
 * 1. `open` connects, encrypts, and has the driver log in; `execute` gives it one statement at a time.
 * 2. The last bytes of each answer are read along, which say whether the server is ready and in a transaction.
 * 3. After a statement that failed, streamed, or left the server in any doubt, one without rows runs before the owner
 *    hears that the connection is ready: it waits for the rest of the answer and sets the driver's count of rows back
 *    (porsager/postgres#1181).
 * 4. The driver hears what the server says and nothing else, so that it neither rejects nor reconnects by itself. When
 *    the connection is lost, what is under way is rejected and the owner told. Nothing is executed on it any more.
 */
export class Connection implements Executor {
  readonly address: Address
  /** Names it in requests to cancel; known once it is open. */
  session: Session | undefined
  owner: Owner | undefined
  /** What is being executed. */
  statement: Statement | undefined
  isLost = false
  /** What the server says of itself. */
  status = busy
  /** A request to cancel that its server has not taken yet. */
  cancelling: Promise<void> | undefined
  /** Milliseconds by the clock: when it is to be replaced, and since when nobody asks anything of it. */
  expiresAt = Infinity
  freeSince = 0
  readonly #options: ConnectionOptions
  #socket: Socket | undefined
  #wire: Wire | undefined
  #refusedTypes: RefusedTypes | undefined
  #handler: Handler = ignore
  #client: postgres.Sql | undefined
  #fail: ((error: Error) => void) | undefined
  readonly #transaction: OpenTransaction
  readonly #cleanup: Cleanup
  readonly #progress = new Progress()
  /** What the connection itself asks, and who hears of its outcome. */
  #asked: { statement: Statement, done: Answered } | undefined
  /** Whether the driver is at work at what the server said, and whether that has settled a statement. */
  #isHearing = false
  #isThrough = false
  /** Whether the last statement may have left something behind. */
  #doubtful = false
  #isUseless = false

  constructor (address: Address, options: ConnectionOptions) {
    this.address = address
    this.#options = options
    this.#transaction = new OpenTransaction(options.onTransaction)
    this.#cleanup = new Cleanup(this)
  }

  /**
   * Opens it, and resolves with the answer to a first statement, which has no parameters. Rejects with what went wrong;
   * then it is lost.
   */
  async open (first: string): Promise<unknown> {
    const limitMs = this.#options.connectTimeoutSeconds * 1000
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        if (this.isLost) return reject(connectionClosed(this.address))
        this.#fail = reject
        if (limitMs > 0) timer = setTimeout(() => { this.lose(connectTimeout(this.address, limitMs / 1000)) }, limitMs)
        this.#logIn(first).then(answer => {
          if (this.isLost) return
          this.#fail = undefined
          resolve(answer)
        // What the option `socket` throws may be null.
        }, (error: unknown) => { this.lose((error ?? new Error(String(error))) as Error) })
      })
    } finally {
      // Also when it is lost before, so that the timer does not keep the process.
      clearTimeout(timer)
    }
  }

  async #logIn (first: string): Promise<unknown> {
    const plain = await this.#connect()
    const socket = await encrypt(plain, this.address, this.#options.encryption)
    if (socket !== plain) this.#listen(socket)
    this.#socket = socket
    const wire = new Wire(socket, this.address)
    this.#wire = wire
    const { fetch_types: fetchTypes } = this.#options.driver as { fetch_types?: boolean }
    if (fetchTypes === true) this.#refusedTypes = new RefusedTypes()
    this.#client = postgres(onOneSocket(this.#options.driver, wire, this))
    // A socket that tells what it reads by itself has no such events.
    socket.on('data', this.#heard)
    this.#handler = handlerOf(this.#client)
    const answer = await this.#client.unsafe(first)
    const [result = answer] = answer as unknown as Result[]
    this.session = (answer as unknown as Result).state ?? result.state
    return answer
  }

  async #connect (): Promise<Socket> {
    const { connect, encryption } = this.#options
    const made = connect(this.address, isEncrypted(this.address, encryption) ? undefined : this.#heard)
    const socket = made instanceof Promise ? await made : made
    if (this.isLost) {
      socket.on('error', ignore).destroy()
      return await new Promise(() => {})
    }
    this.#socket = socket
    this.#listen(socket)
    if (socket.connecting) await new Promise<void>(resolve => { socket.once('connect', resolve) })
    return socket
  }

  #listen (socket: Socket): void {
    socket.once('error', error => { this.lose(error) })
    for (const event of ['end', 'close']) socket.once(event, () => { this.lose() })
  }

  readonly #heard = (chunk: Buffer): void => {
    this.status = statusAfter(chunk)
    if (mayBeError(chunk) && this.statement !== undefined) forgetSerialized(this.statement.query, chunk)
    if (this.#refusedTypes !== undefined) this.#readLogin(this.#refusedTypes, chunk)
    if (this.isLost) return
    this.#isHearing = true
    this.#wire?.deliver(chunk)
    this.#isHearing = false
    if (!this.#isThrough) return
    this.#isThrough = false
    this.#afterwards()
  }

  #readLogin (login: RefusedTypes, chunk: Buffer): void {
    const error = login.read(chunk)
    if (error !== undefined) this.lose(error)
    if (login.isDone) this.#refusedTypes = undefined
  }

  get isInTransaction (): boolean {
    return this.status === inTransaction || this.status === failedTransaction
  }

  /** Whether what is executed is the connection's own, as logging in is. */
  get isAskingItself (): boolean {
    return this.statement === undefined || this.#asked !== undefined
  }

  /**
   * Executes a statement, when the connection is ready.
   * @param now - the present time, if it is known
   */
  execute (statement: Statement, now?: number): void {
    if (this.isLost) statement.query.reject(connectionClosed(this.address))
    else if (this.#options.statementTimeoutMs > 0 && isStreamed(statement.query)) {
      this.#cleanup.withoutTimeout(statement)
    } else this.give(statement, now)
  }

  /** Executes a statement as it is. */
  give (statement: Statement, now = clock()): void {
    this.statement = statement
    this.status = busy
    statement.begin(this, now)
    this.#handler(statement.query)
  }

  /** Asks something of the connection's own, which nobody else hears of. */
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
    const isStray = this.status === inTransaction &&
      this.owner?.keepsTransactions === false &&
      this.#asked === undefined
    return isStray ? unsafeTransaction() : undefined
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
    // The driver forgets a stream that has been written to its end.
    if (failed) statement.stream?.destroy(value as Error)
    if (failed && useless.test((value as { code?: string } | null)?.code ?? '')) this.#isUseless = true
    if (failed || this.status === busy || isStreaming(statement)) this.#doubtful = true
    // Not here: the driver is still at work at the answer, and confuses the errors of two queries.
    if (this.#isHearing) this.#isThrough = true
    else soon.then(this.#afterwards)
  }

  streams (statement: Statement): void {
    const { stream } = statement
    // A stream that is written tells the server that it failed; one that is read has no way to.
    stream?.once('close', () => {
      if (stream.readableEnded === false && !statement.settled) this.lose(copyAbandoned())
    })
  }

  readonly #afterwards = (): void => {
    if (this.isLost) return
    const stray = this.status !== idle && this.owner?.keepsTransactions === false
    if (this.#doubtful || stray || this.cancelling !== undefined) {
      this.#doubtful = false
      this.#cleanup.cleanUp()
    } else this.owner?.ready(this)
  }

  /** Tells its owner that it is ready for the next statement. */
  ready (): void {
    this.owner?.ready(this)
  }

  /** Lets the rest of an answer come that nobody reads, as of a COPY that was left: it would hold back what follows. */
  drain (): void {
    this.#socket?.resume()
  }

  /** Tells its new owner that it is ready, once it is. */
  release (): void {
    this.freeSince = clock()
    this.#afterwards()
  }

  /** Whether another is to take its place once nobody has it: it is old, or its server is of no more use. */
  isWornOut (): boolean {
    return this.#isUseless || this.freeSince >= this.expiresAt
  }

  /**
   * Gives the connection up when what it executes has been without an answer, or a stream without progress, for longer
   * than `limitMs` milliseconds. The error shows `shownMs`.
   */
  check (now: number, limitMs: number, shownMs: number): void {
    const { statement } = this
    if (statement === undefined || this.isLost) return
    if (this.#progress.stalledMs(statement, this.#socket as Socket, now) <= limitMs) return
    if (this.session !== undefined) this.sendCancel(cancelRequest(this.session)).catch(ignore)
    this.lose(queryTimeout(shownMs, isStreaming(statement)), true)
  }

  /**
   * Sends a request to cancel to its server. Until the server has taken it, nothing that the next owner asks is
   * executed.
   */
  async cancel (message: Buffer): Promise<void> {
    const cancelling = this.sendCancel(message).catch(ignore).then(() => {
      if (this.cancelling === cancelling) this.cancelling = undefined
    })
    this.cancelling = cancelling
    await cancelling
  }

  async sendCancel (message: Buffer): Promise<void> {
    await sendCancel(this.#options.connect(this.address), message)
  }

  /**
   * Gives the connection up at once.
   * @param error - why, if that is known
   * @param told - whether what is under way is rejected with that very error
   */
  lose (error?: Error, told = false): void {
    if (this.isLost) return
    this.isLost = true
    this.#cutOff()
    this.#socket?.destroy()
    const closed = told && error !== undefined ? error : connectionClosed(this.address, error)
    const { statement } = this
    const { next } = this.#cleanup
    statement?.query.reject(closed)
    next?.query.reject(closed)
    this.#transaction.end('lost')
    this.#options.onGone(this)
    this.owner?.lost(this, closed)
    this.#fail?.(error ?? closed)
  }

  /** Says goodbye to the server, when nothing is under way. */
  close (): void {
    if (this.isLost) return
    this.isLost = true
    this.#cutOff()
    const socket = this.#socket as Socket
    socket.end(terminate)
    const timer = setTimeout(() => { socket.destroy() }, 1000).unref()
    socket.once('close', () => { clearTimeout(timer) })
    this.#options.onGone(this)
    this.owner?.lost(this, connectionClosed(this.address))
  }

  /** Resolves when the socket has closed, for one that is lost. */
  async gone (): Promise<void> {
    const socket = this.#socket
    if (socket !== undefined && !socket.destroyed) await new Promise(resolve => { socket.once('close', resolve) })
  }

  #cutOff (): void {
    const socket = this.#socket
    if (socket === undefined) return
    for (const event of ['data', 'drain', 'error', 'end', 'close']) socket.removeAllListeners(event)
    socket.on('error', ignore).resume()
  }
}
