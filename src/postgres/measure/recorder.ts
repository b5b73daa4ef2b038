import { errorCode } from '../../error-code.js'
import { overflow } from '../../metrics/catalogue.js'
import type { ValueCell } from '../../metrics/cell.js'
import type { QueryKey, RequestQueries } from '../../metrics/queries/request-queries.js'
import { CallSite, type OperationCells } from './call-site.js'
import type { PoolGauges } from './pool-gauges.js'
import type { TransactionOutcome } from '../connection/open-transaction.js'
import type { Query, Result } from '../query/driver.js'
import { operationOfQuery } from '../query/operation.js'
import type { PoolNumbers, PoolObserver } from '../pool/pool-observer.js'
import { queryName } from '../query/query-name.js'
import type { SqlInstruments } from './sql-instruments.js'
import { Unattributed } from './unattributed.js'

/** Query names that are kept. A text that is built anew for each query may have a new name each time. */
const mostNames = 1000

/** Statements of a transaction itself; they have no name, and are not counted as repeated queries. */
const control = /^(begin|commit|rollback|savepoint|release|prepare transaction)\b/

/** Records what happens in a pool in a catalogue's cells. */
export class Recorder implements PoolObserver {
  readonly instruments: SqlInstruments
  readonly name: string
  readonly #gauges: PoolGauges | undefined
  readonly #opened: ValueCell
  readonly #closed: ValueCell
  readonly #retries: ValueCell
  readonly #sites = new WeakMap<readonly string[], CallSite>()
  readonly #named = new Map<string, CallSite>()
  readonly #nameless: CallSite
  readonly #unattributed: Unattributed
  /** The last template and its call site: mostly the next query has the same one. */
  #lastStrings: readonly string[] | undefined
  #lastSite: CallSite

  /** @param gauges - the gauges of the pool; undefined for a client that this package did not make */
  constructor (instruments: SqlInstruments, name: string, gauges?: PoolGauges) {
    this.#gauges = gauges
    this.instruments = instruments
    this.name = name
    this.#opened = instruments.opened.cell(name)
    this.#closed = instruments.closed.cell(name)
    this.#retries = instruments.retries.cell(name)
    this.#nameless = new CallSite(instruments, name, '')
    this.#unattributed = new Unattributed(instruments, name)
    this.#lastSite = this.#nameless
  }

  result (
    query: Query,
    value: unknown,
    rows: number,
    wait: number,
    execution: number,
    request: RequestQueries | undefined
  ): void {
    try {
      const site = this.#siteOf(query)
      const tag = (value as Partial<Result> | null | undefined)?.command
      const cells = typeof tag === 'string' ? site.ofTag(tag) : untagged(site, query, value)
      this.#record(query, cells, rows, wait, execution)
      this.#charge(request, query, site, wait, execution)
    } catch {
      this.instruments.failed()
    }
  }

  error (
    query: Query,
    error: unknown,
    rows: number,
    wait: number,
    execution: number,
    request: RequestQueries | undefined
  ): void {
    this.#guarded(() => {
      const site = this.#siteOf(query)
      const operation = operationOfQuery(query)
      this.#record(query, site.ofOperation(operation), rows, wait, execution)
      this.#charge(request, query, site, wait, execution)
      this.instruments.errors.cell(this.name, operation, site.name, errorCode(error)).add(1)
    })
  }

  #guarded (record: () => void): void {
    try {
      record()
    } catch {
      this.instruments.failed()
    }
  }

  #record (query: Query, cells: OperationCells, rows: number, wait: number, execution: number): void {
    cells.wait.record(wait)
    if (execution >= 0) cells.execution.record(execution)
    if (rows > 0) cells.addRows(rows)
    if (query.retried) this.#retries.add(1)
  }

  #charge (request: RequestQueries | undefined, query: Query, site: CallSite, wait: number, execution: number): void {
    const isOurs = request?.catalogue === this.instruments.catalogue
    if (isOurs) request.charge(keyOf(query, site), wait, execution)
    if (!isOurs || request.route === undefined) this.#unattributed.add(request?.reason ?? 'no_request', wait, execution)
  }

  transaction (outcome: TransactionOutcome, seconds: number): void {
    this.#guarded(() => { this.instruments.transaction.cell(this.name, outcome).record(seconds) })
  }

  opened (seconds: number): void {
    this.#guarded(() => {
      this.#opened.add(1)
      this.instruments.create.cell(this.name).record(seconds)
    })
  }

  closed (): void {
    this.#guarded(() => { this.#closed.add(1) })
  }

  connectionError (error: unknown): void {
    this.#guarded(() => { this.instruments.connectionErrors.cell(this.name, errorCode(error)).add(1) })
  }

  changed (numbers: PoolNumbers): void {
    this.#gauges?.set(numbers)
  }

  #siteOf (query: Query): CallSite {
    const { strings } = query
    if (!query.tagged) return this.#siteOfText(strings[0] ?? '')
    if (strings === this.#lastStrings) return this.#lastSite
    let site = this.#sites.get(strings)
    if (site === undefined) {
      site = new CallSite(this.instruments, this.name, queryName(strings[0] as string))
      this.#sites.set(strings, site)
    }
    this.#lastStrings = strings
    this.#lastSite = site
    return site
  }

  #siteOfText (text: string): CallSite {
    const name = queryName(text)
    if (name === '') return this.#nameless
    let site = this.#named.get(name)
    if (site === undefined) {
      const kept = this.#named.size < mostNames ? name : overflow
      site = this.#named.get(kept) ?? new CallSite(this.instruments, this.name, kept)
      this.#named.set(kept, site)
    }
    return site
  }
}

function untagged (site: CallSite, query: Query, value: unknown): OperationCells {
  // Several statements that were sent as one have a result each, if there are rows.
  const first = Array.isArray(value) ? (value[0] as Partial<Result> | undefined)?.command : undefined
  return typeof first === 'string' ? site.ofTag(first) : site.ofOperation(operationOfQuery(query))
}

function keyOf ({ tagged, strings }: Query, { name }: CallSite): QueryKey | undefined {
  if (name !== '') return name
  if (tagged) return strings
  const [text = ''] = strings
  return control.test(text) ? undefined : text
}
