import type { HistogramCell } from './cell.js'
import type { HttpInstruments } from './http-instruments.js'
import type { QueryInstruments } from './queries/query-instruments.js'
import type { RepeatedQueries } from './queries/repeated-queries.js'
import { RouteQueries } from './queries/route-queries.js'

// RFC 9110 and RFC 5789; a method beyond them that a route was made for is kept as well.
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

/** Label of methods that no route was made for, as OpenTelemetry names it. */
const otherMethod = '_OTHER'

/** Holds the cells of a route, so that a request finds its own without a look-up by label. */
export class RouteCells {
  /** What its requests ask of the database; undefined until one wants to. */
  queries: RouteQueries | undefined = undefined
  readonly #instruments: HttpInstruments
  readonly #route: string
  readonly #scheme: string
  readonly #own: Set<string>
  readonly #finished = new Map<string, Map<number, HistogramCell>>()
  #lastMethod = ''
  #lastStatus = 0
  #last: HistogramCell | undefined

  /**
   * @param route - its pattern; '' stands for requests that no route matches
   * @param own - the methods it was made for
   */
  constructor (instruments: HttpInstruments, route: string, own: readonly string[], scheme: string) {
    this.#instruments = instruments
    this.#route = route
    this.#own = new Set(own)
    this.#scheme = scheme
  }

  get route (): string {
    return this.#route
  }

  /** The cell of requests that were answered with this status. */
  finished (method: string, status: number): HistogramCell {
    if (status === this.#lastStatus && method === this.#lastMethod) return this.#last as HistogramCell
    this.#lastMethod = method
    this.#lastStatus = status
    return (this.#last = this.#find(method, status))
  }

  /** The cell of requests whose client left. */
  aborted (method: string): HistogramCell {
    return this.#instruments.aborted.cell(this.#bounded(method), this.#route, this.#scheme)
  }

  /** Has what its requests ask of the database recorded from now on. */
  withQueries (instruments: QueryInstruments, repeated: RepeatedQueries): RouteQueries {
    return (this.queries ??= new RouteQueries(instruments, repeated, this.#route, method => this.#bounded(method)))
  }

  #find (method: string, status: number): HistogramCell {
    const bounded = this.#bounded(method)
    let cells = this.#finished.get(bounded)
    if (cells === undefined) this.#finished.set(bounded, cells = new Map())
    let cell = cells.get(status)
    if (cell === undefined) cells.set(status, cell = this.#instruments.requests.cell(bounded, this.#route, String(status), this.#scheme))
    return cell
  }

  #bounded (method: string): string {
    return methods.has(method) || this.#own.has(method) ? method : otherMethod
  }
}
