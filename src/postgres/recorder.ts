import { overflow } from '../metrics/catalogue.js'
import type { ValueCell } from '../metrics/cell.js'
import { CallSite, type OperationCells, type Turn } from './call-site.js'
import { driversOwn, type Query, type Result } from './driver.js'
import { operationOfText, otherOperation } from './operation.js'
import type { Pool } from './pool.js'
import { stateOf } from './pool-state.js'
import { queryName } from './query-name.js'
import type { SqlInstruments } from './sql-instruments.js'

/** Names are kept for text that is made anew each time, so there must not be more of them than this. */
const mostNames = 1000

/** How a transaction ended; `lost` is when its connection was. */
export type TransactionOutcome = 'commit' | 'rollback' | 'lost'

/** Puts what happens in a pool into a catalogue's cells. */
export class Recorder {
  readonly instruments: SqlInstruments
  readonly name: string
  readonly opened: ValueCell
  readonly closed: ValueCell
  readonly pool: Pool
  readonly #retries: ValueCell
  readonly #sites = new WeakMap<readonly string[], CallSite>()
  readonly #named = new Map<string, CallSite>()
  readonly #nameless: CallSite

  constructor (instruments: SqlInstruments, name: string, pool: Pool) {
    this.instruments = instruments
    this.name = name
    this.pool = pool
    this.opened = instruments.opened.cell(name)
    this.closed = instruments.closed.cell(name)
    this.#retries = instruments.retries.cell(name)
    this.#nameless = new CallSite(instruments, name, '')
    this.refresh()
  }

  /** Records a result. Seconds of `execution` are negative when the query was never dispatched. Returns what it did to a transaction. */
  result (query: Query, value: unknown, rows: number, wait: number, execution: number): Turn {
    const tag = (value as Partial<Result> | null | undefined)?.command
    const cells = typeof tag === 'string' ? this.#siteOf(query).ofTag(tag) : this.#untagged(query, value)
    cells.wait.record(wait)
    if (execution >= 0) cells.execution.record(execution)
    if (rows > 0) cells.addRows(rows)
    if (query.retried) this.#retries.add(1)
    return cells.turn
  }

  error (query: Query, code: string, rows: number, wait: number, execution: number): void {
    const site = this.#siteOf(query)
    const operation = operationOf(query)
    const cells = site.ofOperation(operation)
    cells.wait.record(wait)
    if (execution >= 0) cells.execution.record(execution)
    if (rows > 0) cells.addRows(rows)
    if (query.retried) this.#retries.add(1)
    this.instruments.errors.cell(this.name, operation, site.name, code).add(1)
  }

  transaction (outcome: TransactionOutcome, seconds: number): void {
    this.instruments.transaction.cell(this.name, outcome).record(seconds)
  }

  create (seconds: number): void {
    this.instruments.create.cell(this.name).record(seconds)
  }

  connectionError (code: string): void {
    this.instruments.connectionErrors.cell(this.name, code).add(1)
  }

  /** Sets the numbers that are not recorded as they change, and begins the counts. */
  refresh (): void {
    const { instruments, name } = this
    const { used, idle, connecting, queued } = stateOf(this.pool)
    instruments.connections.cell(name, 'idle').add(idle)
    instruments.connections.cell(name, 'used').add(used)
    instruments.connections.cell(name, 'connecting').add(connecting)
    instruments.max.cell(name).add(this.pool.max)
    instruments.queued.cell(name).add(queued)
    const degraded = instruments.degraded.cell(name)
    degraded.set(this.pool.degraded ? 1 : degraded.value)
  }

  #siteOf (query: Query): CallSite {
    const { strings } = query
    if (!query.tagged) return this.#siteOfText(strings[0] ?? '', query)
    let site = this.#sites.get(strings)
    if (site === undefined) {
      site = new CallSite(this.instruments, this.name, queryName(strings[0] as string))
      this.#sites.set(strings, site)
    }
    return site
  }

  #siteOfText (text: string, query: Query): CallSite {
    const name = query.canceller == null && driversOwn.has(query) ? driversName(text) : queryName(text)
    if (name === '') return this.#nameless
    let site = this.#named.get(name)
    if (site === undefined) {
      const kept = this.#named.size < mostNames ? name : overflow
      site = this.#named.get(kept) ?? new CallSite(this.instruments, this.name, kept)
      this.#named.set(kept, site)
    }
    return site
  }

  #untagged (query: Query, value: unknown): OperationCells {
    const site = this.#siteOf(query)
    // Several statements that were sent as one have a result each, if there are rows.
    const first = Array.isArray(value) ? (value[0] as Partial<Result> | undefined)?.command : undefined
    return typeof first === 'string' ? site.ofTag(first) : site.ofOperation(operationOf(query))
  }
}

function operationOf (query: Query): string {
  if (query.onlyDescribe === true) return 'DESCRIBE'
  try {
    return operationOfText(query.string ?? query.strings[0] ?? '')
  } catch {
    return otherOperation
  }
}

/** Name of what the driver asks by itself on a new connection. */
function driversName (text: string): string {
  return text.includes('pg_type') ? 'driver_types' : 'driver_state'
}
