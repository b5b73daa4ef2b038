import type { Catalogue, Instrument } from '../catalogue.js'
import type { HistogramCell, ValueCell } from '../cell.js'
import { countsGrid, secondsGrid } from '../grid.js'

/** The instruments of requests' queries, by method and route; durations are in seconds. */
export interface QueryInstruments {
  /** Number of queries of a request, as the pool counts them. */
  readonly queries: Instrument<HistogramCell>
  /** Execution time of a request's queries, added up. */
  readonly execution: Instrument<HistogramCell>
  /** Waiting time of a request's queries, added up. */
  readonly wait: Instrument<HistogramCell>
  /** Requests that asked the same query too often, by query. */
  readonly repeated: Instrument<ValueCell>
}

/** Declares these instruments. Throws a TypeError when the catalogue has them already. */
export function createQueryInstruments (catalogue: Catalogue): QueryInstruments {
  const labels = ['method', 'route']
  return {
    queries: catalogue.histogram('http.server.db.queries', labels, countsGrid),
    execution: catalogue.histogram('http.server.db.execution', labels, secondsGrid),
    wait: catalogue.histogram('http.server.db.wait', labels, secondsGrid),
    repeated: catalogue.value('http.server.db.repeated', [...labels, 'query'])
  }
}
