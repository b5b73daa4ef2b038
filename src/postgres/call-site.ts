import type { HistogramCell, ValueCell } from '../metrics/cell.js'
import { operationOfTag } from './operation.js'
import type { SqlInstruments } from './sql-instruments.js'

/** What a command does to the transaction on its connection. */
export type Turn = 'begin' | 'commit' | 'rollback' | undefined

const turns = new Map<string, Turn>([
  ['BEGIN', 'begin'], ['START TRANSACTION', 'begin'], ['COMMIT', 'commit'], ['ROLLBACK', 'rollback'],
  // What happens to a prepared transaction later is not this connection's.
  ['PREPARE TRANSACTION', 'commit']
])

/** The cells of one operation at a call site. */
export class OperationCells {
  readonly turn: Turn
  readonly wait: HistogramCell
  readonly execution: HistogramCell
  readonly #makeRows: () => ValueCell
  #rows: ValueCell | undefined

  constructor (instruments: SqlInstruments, pool: string, operation: string, name: string, turn: Turn) {
    this.turn = turn
    this.wait = instruments.wait.cell(pool, operation, name)
    this.execution = instruments.execution.cell(pool, operation, name)
    this.#makeRows = () => instruments.rows.cell(pool, operation, name)
  }

  addRows (count: number): void {
    this.#rows ??= this.#makeRows()
    this.#rows.add(count)
  }
}

/** A place in the program that asks, and the cells of what it has asked for. */
export class CallSite {
  readonly name: string
  readonly #instruments: SqlInstruments
  readonly #pool: string
  readonly #byOperation = new Map<string, OperationCells>()
  #lastTag: string | undefined
  #lastCells: OperationCells | undefined

  constructor (instruments: SqlInstruments, pool: string, name: string) {
    this.#instruments = instruments
    this.#pool = pool
    this.name = name
  }

  /** The cells of a command tag. A call site mostly gets the same one each time, so that one is compared with first. */
  ofTag (tag: string): OperationCells {
    if (tag === this.#lastTag) return this.#lastCells as OperationCells
    const turn = turns.get(tag)
    const cells = this.ofOperation(operationOfTag(tag), turn)
    this.#lastTag = tag
    this.#lastCells = cells
    return cells
  }

  ofOperation (operation: string, turn?: Turn): OperationCells {
    const key = turn === undefined ? operation : `${operation} ${turn}`
    let cells = this.#byOperation.get(key)
    if (cells === undefined) {
      cells = new OperationCells(this.#instruments, this.#pool, operation, this.name, turn)
      this.#byOperation.set(key, cells)
    }
    return cells
  }
}
