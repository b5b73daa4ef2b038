import type { HistogramCell, ValueCell } from '../cell.js'
import type { HttpInstruments } from './http-instruments.js'
import type { QueryInstruments } from '../queries/query-instruments.js'
import type { RepeatedQueries } from '../queries/repeated-queries.js'
import { RouteQueries } from '../queries/route-queries.js'

// The methods of RFC 9110 and RFC 5789. A route's own further methods are labels, too.
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'])

/** Label of methods that no route was made for, as OpenTelemetry names it. */
const otherMethod = '_OTHER'

/** The labels that all requests of a route have. */
export interface RouteLabels {
  /** Its pattern, or the name it was given; '' stands for requests that no route matches. */
  readonly route: string
  /** The methods it was made for. */
  readonly methods: readonly string[]
  readonly scheme: string
  /** Values of the labels that routes have besides. */
  readonly further?: readonly string[]
  /** Whether statuses are told by class alone, such as 2xx. */
  readonly groupStatusCodes?: boolean
}

/** Holds the cells of a route, so that no request looks one up by its labels. */
export class RouteCells {
  /** The queries of the route's requests; undefined while they are not recorded. */
  queries: RouteQueries | undefined = undefined
  readonly #instruments: HttpInstruments
  readonly #labels: RouteLabels
  readonly #further: readonly string[]
  readonly #own: Set<string>
  readonly #finished = new Map<string, Map<number, HistogramCell>>()
  /** Whether all of its requests have one method. */
  readonly #isSingle: boolean
  #lastMethod = ''
  // Not a status.
  #lastStatus = 0
  #last: HistogramCell | undefined

  constructor (instruments: HttpInstruments, labels: RouteLabels) {
    this.#instruments = instruments
    this.#labels = labels
    this.#further = labels.further ?? []
    this.#own = new Set(labels.methods)
    this.#isSingle = labels.methods.length === 1
  }

  get route (): string {
    return this.#labels.route
  }

  /** The cell of requests that were answered with this status. */
  finished (method: string, status: number): HistogramCell {
    if (status === this.#lastStatus && (this.#isSingle || method === this.#lastMethod)) {
      return this.#last as HistogramCell
    }
    this.#lastMethod = method
    this.#lastStatus = status
    return (this.#last = this.#find(method, status))
  }

  /** The cell of requests whose client left. */
  aborted (method: string): HistogramCell {
    const { route, scheme } = this.#labels
    return this.#instruments.aborted.cell(this.#bounded(method), route, scheme, ...this.#further)
  }

  /** Records the queries of the route's requests from now on. */
  withQueries (instruments: QueryInstruments, repeated: RepeatedQueries): RouteQueries {
    return (this.queries ??= new RouteQueries(instruments, repeated, this.route, method => this.#bounded(method)))
  }

  /** Counts an error that a hook or handler of the route threw. */
  error (type: string): ValueCell {
    return this.#instruments.errors.cell(this.route, type, ...this.#further)
  }

  #find (method: string, status: number): HistogramCell {
    const bounded = this.#bounded(method)
    let cells = this.#finished.get(bounded)
    if (cells === undefined) this.#finished.set(bounded, cells = new Map())
    let cell = cells.get(status)
    if (cell === undefined) cells.set(status, cell = this.#make(bounded, status))
    return cell
  }

  #make (method: string, status: number): HistogramCell {
    const { route, scheme, groupStatusCodes = false } = this.#labels
    const told = groupStatusCodes ? `${Math.floor(status / 100)}xx` : String(status)
    return this.#instruments.requests.cell(method, route, told, scheme, ...this.#further)
  }

  #bounded (method: string): string {
    return methods.has(method) || this.#own.has(method) ? method : otherMethod
  }
}
