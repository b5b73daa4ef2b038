import type { IncomingMessage } from 'node:http'
import type { HistogramCell } from '../cell.js'
import type { QueryInstruments } from './query-instruments.js'
import type { RepeatedQueries } from './repeated-queries.js'
import { queriesOf, type RequestQueries } from './request-queries.js'

/** The cells of one method of a route. */
interface Cells {
  readonly method: string
  readonly queries: HistogramCell
  readonly execution: HistogramCell
  readonly wait: HistogramCell
}

/**
 * Records the queries of a route's requests, once each request and its queries have ended. From the first request with
 * queries on, requests without count as 0.
 */
export class RouteQueries {
  readonly instruments: QueryInstruments
  readonly repeated: RepeatedQueries
  readonly route: string
  readonly #bounded: (method: string) => string
  readonly #cells = new Map<string, Cells>()
  #last: Cells | undefined
  #isKnown = false

  /** @param bounded - turns a method into a value of the label, of which there are only some */
  constructor (
    instruments: QueryInstruments,
    repeated: RepeatedQueries,
    route: string,
    bounded: (method: string) => string
  ) {
    this.instruments = instruments
    this.repeated = repeated
    this.route = route
    this.#bounded = bounded
  }

  /** To be called when a request of the route has ended. */
  end (request: IncomingMessage): void {
    const queries = queriesOf(request)
    if (queries !== undefined) queries.end()
    else if (this.#isKnown) this.#recordNone(this.#cellsOf(request.method as string))
  }

  record (method: string, queries: RequestQueries): void {
    if (queries.count > 0) this.#isKnown = true
    if (!this.#isKnown) return
    const cells = this.#cellsOf(method)
    cells.queries.record(queries.count)
    cells.execution.record(queries.execution)
    cells.wait.record(queries.wait)
    if (queries.alike !== undefined) this.repeated.tell(this.#bounded(method), this.route, queries.alike)
  }

  #recordNone ({ queries, execution, wait }: Cells): void {
    queries.record(0)
    execution.record(0)
    wait.record(0)
  }

  #cellsOf (method: string): Cells {
    if (this.#last?.method === method) return this.#last
    const bounded = this.#bounded(method)
    let cells = this.#cells.get(bounded)
    if (cells === undefined) {
      const { queries, execution, wait } = this.instruments
      cells = {
        method: bounded,
        queries: queries.cell(bounded, this.route),
        execution: execution.cell(bounded, this.route),
        wait: wait.cell(bounded, this.route)
      }
      this.#cells.set(bounded, cells)
    }
    return (this.#last = cells)
  }
}
