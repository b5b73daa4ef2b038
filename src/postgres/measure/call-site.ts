import type { HistogramCell, ValueCell } from '../../metrics/cell.js'
import { operationOfTag } from '../query/operation.js'
import type { SqlInstruments } from './sql-instruments.js'

/** The cells of one operation at a call site. */
export class OperationCells {
  readonly wait: HistogramCell
  readonly execution: HistogramCell
  readonly #makeRows: () => ValueCell
  #rows: ValueCell | undefined

  constructor (instruments: SqlInstruments, pool: string, operation: string, name: string) {
    this.wait = instruments.wait.cell(pool, operation, name)
    this.execution = instruments.execution.cell(pool, operation, name)
    this.#makeRows = () => instruments.rows.cell(pool, operation, name)
  }

  addRows (count: number): void {
    this.#rows ??= this.#makeRows()
    this.#rows.add(count)
  }
}

/** A place in the program that makes queries, and the cells that these are recorded in. */
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

  /**
   * Returns the cells of a command tag. A call site mostly gets the same tag, so the last one is compared with first.
   */
  ofTag (tag: string): OperationCells {
    if (tag === this.#lastTag) return this.#lastCells as OperationCells
    const cells = this.ofOperation(operationOfTag(tag))
    this.#lastTag = tag
    this.#lastCells = cells
    return cells
  }

  ofOperation (operation: string): OperationCells {
    let cells = this.#byOperation.get(operation)
    if (cells === undefined) {
      cells = new OperationCells(this.#instruments, this.#pool, operation, this.name)
      this.#byOperation.set(operation, cells)
    }
    return cells
  }
}
