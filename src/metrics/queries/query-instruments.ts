import type { Catalogue, Instrument } from '../catalogue.js'
import type { HistogramCell, ValueCell } from '../cell.js'
import { countsGrid, secondsGrid } from '../grid.js'

/** What is recorded of the queries of requests, by method and route; durations are in seconds. */
export interface QueryInstruments {
  /** Queries that a request asked, as the pool counts them. */
  readonly queries: Instrument<HistogramCell>
  /** Time that they executed, added up. */
  readonly execution: Instrument<HistogramCell>
  /** Time that they waited for their execution, added up. */
  readonly wait: Instrument<HistogramCell>
  /** Requests that asked one query too often, by query. */
  readonly repeated: Instrument<ValueCell>
}

/** Declares what is recorded of the queries of requests. Throws a TypeError when the catalogue has it already. */
export function createQueryInstruments (catalogue: Catalogue): QueryInstruments {
  const labels = ['method', 'route']
  return {
    queries: catalogue.histogram('http.server.db.queries', labels, countsGrid),
    execution: catalogue.histogram('http.server.db.execution', labels, secondsGrid),
    wait: catalogue.histogram('http.server.db.wait', labels, secondsGrid),
    repeated: catalogue.value('http.server.db.repeated', [...labels, 'query'])
  }
}
