import type { ValueCell } from '../../metrics/cell.js'
import type { SqlInstruments } from './sql-instruments.js'

/**
 * Why a query counts for no request: it was asked outside of requests, after the request had ended, or by one that is
 * left out of the metrics.
 */
export type Reason = 'no_request' | 'request_over' | 'left_out'

interface Cells {
  readonly queries: ValueCell
  readonly execution: ValueCell
  readonly wait: ValueCell
}

/** The queries of a pool that count for no request, by reason. Together with those of requests they are all queries. */
export class Unattributed {
  readonly #instruments: SqlInstruments
  readonly #pool: string
  readonly #cells: Record<Reason, Cells | undefined> = {
    no_request: undefined,
    request_over: undefined,
    left_out: undefined
  }

  constructor (instruments: SqlInstruments, pool: string) {
    this.#instruments = instruments
    this.#pool = pool
  }

  add (reason: Reason, wait: number, execution: number): void {
    const cells = this.#cells[reason] ??= this.#cellsOf(reason)
    cells.queries.add(1)
    if (wait > 0) cells.wait.add(wait)
    if (execution > 0) cells.execution.add(execution)
  }

  #cellsOf (reason: Reason): Cells {
    const { queries, execution, wait } = this.#instruments.unattributed
    return {
      queries: queries.cell(this.#pool, reason),
      execution: execution.cell(this.#pool, reason),
      wait: wait.cell(this.#pool, reason)
    }
  }
}
