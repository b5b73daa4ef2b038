import { clock } from '../metrics/clock.js'
import type { Turn } from './call-site.js'
import { laneKey, rowsOf, type Connection, type Handler, type Query } from './driver.js'
import { errorCode, isConnectFailure, isLoss } from './error-code.js'
import { keepGate, lost } from './gate.js'
import { laneOf, type Lane } from './lane.js'
import { isToSavepoint } from './operation.js'
import { PendingList, type Pending } from './pending.js'
import type { Recorder, TransactionOutcome } from './recorder.js'

/** What is kept of a measured client: its queries under way and its connections. */
export class Pool {
  readonly recorders: Recorder[]
  readonly lanes = new Set<Lane>()
  /** The queries that have no outcome yet, in the order in which they were asked. */
  readonly underWay = new PendingList()
  /** Clients that the driver makes for itself, to listen and to subscribe; their connections are not the pool's. */
  readonly hidden: Pool[] = []
  readonly handler: Handler
  readonly max: number
  readonly ownsConnections: boolean
  degraded = false
  /** Whether the driver may send a query of the pool on a connection that has not answered the one before. */
  pipelines = true
  /** Whether queries are to tell the `Connection` that they are dispatched to: there may be one that is not known yet. */
  isLearning: boolean
  /** Attempts to connect that have failed and whose end is still to be told. */
  #failed = 0
  #stale: unknown

  constructor (handler: Handler, max: number, recorders: Recorder[], ownsConnections = true) {
    this.recorders = recorders
    this.handler = handler
    this.max = max
    this.ownsConnections = ownsConnections
    this.isLearning = ownsConnections
  }

  /** Records a query's first outcome. */
  settle (pending: Pending, failed: boolean, value: unknown): void {
    const now = clock()
    this.underWay.remove(pending)
    pending.settled = true
    const { query, askedAt } = pending
    const backend = query.state
    if (backend === null) {
      const wait = (now - askedAt) / 1000
      if (failed) this.#neverBegan(query, value, wait)
      else this.record(query, false, value, wait, -1)
      return
    }
    const lane = backend[laneKey] ?? laneOf(backend)
    if ((lane.pid !== backend.pid || lane.pool !== this) && !(failed && lane.isLeftBehind)) this.#opened(lane, 0, 0)
    const beganAt = lane.freeAt > askedAt ? lane.freeAt : askedAt
    lane.freeAt = now
    lane.handler = query.handler
    const wait = (beganAt - askedAt) / 1000
    const execution = (now - beganAt) / 1000
    if (failed) this.#refused(lane, query, value, pending.batched, wait, execution)
    else {
      const turn = this.#succeeded(query, value, pending.batched, wait, execution)
      if (turn !== undefined) this.#turn(lane, turn, query, beganAt)
    }
  }

  /** Some outcomes come before the connection is free, which is told by another. */
  settleAgain ({ query, late }: Pending, failed: boolean, value: unknown): void {
    if (query.state === null) {
      if (late && failed) this.#connectFailed(query, value)
      return
    }
    const now = clock()
    const lane = laneOf(query.state)
    lane.freeAt = now
    if (late && !failed && lane.pid !== query.state.pid) this.#opened(lane, 0, now)
    if (!failed || lane.isOpen || lane.isLeftBehind) return
    // The driver gives the error that ended a session to the query that the next one was opened for, too.
    this.#stale = value
    this.#opened(lane, 0, now)
  }

  /** Records a query by what is known without the driver's inside. */
  settleTotal (query: Query, failed: boolean, value: unknown, seconds: number): void {
    this.degrade()
    this.record(query, failed, value, 0, seconds)
  }

  record (query: Query, failed: boolean, value: unknown, wait: number, execution: number): void {
    if (failed) this.#error(query, errorCode(value), 0, wait, execution)
    else this.#succeeded(query, value, 0, wait, execution)
  }

  /** Notes that the driver's inside is not as expected. */
  degrade (): void {
    this.degraded = true
    this.isLearning = false
  }

  #succeeded (query: Query, value: unknown, batched: number, wait: number, execution: number): Turn {
    const rows = batched + rowsOf(value)
    const { recorders } = this
    let turn: Turn
    for (let i = 0; i < recorders.length; i++) turn = (recorders[i] as Recorder).result(query, value, rows, wait, execution)
    return turn
  }

  #error (query: Query, code: string, rows: number, wait: number, execution: number): void {
    for (const recorder of this.recorders) recorder.error(query, code, rows, wait, execution)
  }

  #refused (lane: Lane, query: Query, error: unknown, batched: number, wait: number, execution: number): void {
    const code = errorCode(error)
    this.#error(query, code, batched, wait, execution)
    if (query.cursorFn === undefined && isLoss(error, code)) {
      lane.failing = true
      this.#endTransaction(lane, 'lost')
    }
  }

  #neverBegan (query: Query, error: unknown, wait: number): void {
    this.#error(query, errorCode(error), 0, wait, -1)
    this.#connectFailed(query, error)
  }

  #connectFailed (query: Query, error: unknown): void {
    const code = errorCode(error)
    if (this.ownsConnections && query.handler === this.handler && query.cancelled === null && error !== this.#stale && isConnectFailure(code)) {
      this.#failed++
      if (code !== 'CONNECTION_DESTROYED') for (const recorder of this.recorders) recorder.connectionError(code)
    }
  }

  #turn (lane: Lane, turn: Turn, query: Query, beganAt: number): void {
    if (turn === 'begin') {
      // A second BEGIN is only warned of.
      if (lane.transactionAt === 0) lane.transactionAt = beganAt
    } else if (turn === 'commit') this.#endTransaction(lane, 'commit')
    else if (turn === 'rollback' && !isToSavepoint(query.string ?? query.strings[0] ?? '')) this.#endTransaction(lane, 'rollback')
  }

  #endTransaction (lane: Lane, outcome: TransactionOutcome): void {
    if (lane.transactionAt === 0) return
    const seconds = (clock() - lane.transactionAt) / 1000
    lane.transactionAt = 0
    for (const recorder of this.recorders) recorder.transaction(outcome, seconds)
  }

  /** The driver has made a connection ready and given it the query that it was opened for. */
  ready (): void {
    const now = clock()
    for (let pending = this.underWay.first; pending !== undefined; pending = pending.next) {
      const backend = pending.query.state
      if (backend === null) continue
      const lane = laneOf(backend)
      if (lane.pid !== backend.pid && !lane.isLeftBehind) this.#opened(lane, pending.askedAt, now)
    }
    for (const pool of this.hidden) pool.ready()
  }

  /** A session is new; `readyAt` is 0 when it was not seen when it became so. */
  #opened (lane: Lane, askedAt: number, readyAt: number): void {
    if (lane.pool !== this) {
      lane.pool = this
      this.lanes.add(lane)
    } else if (lane.isOpen) this.#closed(lane, false)
    const since = lane.connectAt > 0 ? lane.connectAt : askedAt
    lane.pid = lane.backend.pid
    lane.connectAt = 0
    lane.failing = false
    if (readyAt > 0) lane.freeAt = readyAt
    this.#lookAround()
    if (this.ownsConnections) {
      for (const recorder of this.recorders) {
        recorder.opened.add(1)
        if (since > 0 && readyAt > 0) recorder.create((readyAt - since) / 1000)
      }
    }
    for (const record of lane.early.splice(0)) record(this)
  }

  /** It is not sure when its end was not seen, or is taken for that of another. */
  #closed (lane: Lane, sure: boolean): void {
    this.#endTransaction(lane, 'lost')
    lane.close()
    this.#lookAround()
    if (this.ownsConnections) for (const recorder of this.recorders) recorder.closed.add(1)
    this.#abandon(lane, sure)
  }

  /**
   * Rejects what the driver does not. It never settles what still waited for its turn in a transaction whose connection is gone; and
   * what it sent between a connection's reset and the socket's end it resolves, when it connects again, as if it had been done.
   */
  #abandon (lane: Lane, sure: boolean): void {
    const now = clock()
    let pending = this.underWay.first
    while (pending !== undefined) {
      const { next, query, askedAt } = pending
      const waited = query.state === null && query.handler === lane.handler && lane.handler !== this.handler
      const sent = query.state === lane.backend
      if (sent && sure) query.reject(lost())
      else if (waited) {
        this.underWay.remove(pending)
        pending.settled = true
        this.#error(query, 'CONNECTION_CLOSED', 0, (now - askedAt) / 1000, -1)
        if (sure) query.reject(lost())
      }
      pending = next
    }
  }

  /** A connection has closed, or one that was being opened has failed. */
  closed (id: number): void {
    const open = [...this.lanes].filter(lane => lane.isOpen)
    const lane = open.find(({ connection }) => connection?.id === id)
    if (lane !== undefined) this.#closed(lane, true)
    else if (this.#failed > 0) {
      this.#failed--
      for (const lane of this.lanes) if (lane.connection?.id === id) lane.connectAt = 0
    } else {
      const unlearned = open.filter(({ connection }) => connection === undefined)
      const likely = unlearned.find(({ failing }) => failing) ?? unlearned[0]
      if (likely !== undefined) this.#closed(likely, false)
      // One that `reserve` was waiting for tells its error to nobody else.
      else for (const recorder of this.recorders) recorder.connectionError('UNKNOWN')
    }
  }

  /** Notes which `Connection` a backend belongs to: what it was when the query was dispatched. */
  learn (query: Query, connection: Connection): void {
    if (query.state === null || !this.ownsConnections) return
    const lane = laneOf(query.state)
    if (lane.connection === connection) return
    if (typeof connection.id !== 'number' || typeof connection.connect !== 'function' || typeof connection.execute !== 'function') throw new TypeError('The driver\'s connection is not as expected')
    lane.connection = connection
    this.#lookAround()
    keepGate(this, lane, connection)
  }

  /** Whether a connection may get another query before it has answered this one. */
  sendsAheadOf ({ handler }: Query): boolean {
    return this.pipelines || handler !== this.handler
  }

  #lookAround (): void {
    const open = [...this.lanes].filter(lane => lane.isOpen)
    this.isLearning = this.ownsConnections && !this.degraded && (open.length === 0 || open.some(({ connection }) => connection === undefined))
  }
}
