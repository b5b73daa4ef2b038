import type { IncomingMessage } from 'node:http'
import type { Catalogue } from '../catalogue.js'

/** Identifies a query: its name or, without one, its text or the strings of its template. */
export type QueryKey = string | readonly string[]

/** Where the queries of a route's requests are recorded. */
export interface RecordedRoute {
  /** Counts those that are asked more than `limit` times by one request; 0 is no limit. */
  readonly repeated: { readonly limit: number }
  /** Called once a request and all of its queries have ended. */
  record: (method: string, queries: RequestQueries) => void
}

const key = Symbol('fastify-vitals.queries')
type Asking = IncomingMessage & { [key]?: RequestQueries }

/** Returns the queries of a request; undefined when none were looked for. */
export function queriesOf (request: IncomingMessage): RequestQueries | undefined {
  return (request as Asking)[key]
}

/** Notes the queries of a request, for `queriesOf` to find. */
export function holdQueries (request: IncomingMessage, queries: RequestQueries): RequestQueries {
  return ((request as Asking)[key] = queries)
}

/** The queries of one request. They are recorded once the request and all of them have ended. Times are in seconds. */
export class RequestQueries {
  count = 0
  execution = 0
  wait = 0
  /** How often each query was asked; not counted before there are as many queries as may be the same. */
  alike: Map<QueryKey, number> | undefined
  /** The client `request.sql`, made when it is first used. */
  facade: unknown
  /** The catalogue of the request's app; undefined for requests that have ended. */
  readonly catalogue: Catalogue | undefined
  /** Where it is recorded; undefined for a request that is left out of the metrics. */
  readonly route: RecordedRoute | undefined
  readonly #method: string
  readonly #keys: QueryKey[] = []
  #under = 0
  #isOver: boolean

  constructor (catalogue: Catalogue | undefined, route: RecordedRoute | undefined, method: string, isOver = false) {
    this.catalogue = catalogue
    this.route = route
    this.#method = method
    this.#isOver = isOver
  }

  /** Why its queries count for no route. */
  get reason (): 'request_over' | 'left_out' {
    return this === over ? 'request_over' : 'left_out'
  }

  /** Notes that a query is asked. Returns what it counts for: after the request's end, no request. */
  ask (): RequestQueries {
    if (this.#isOver) return over
    this.#under++
    return this
  }

  /** Adds a query that has ended. Without a key it is not compared with others. */
  charge (query: QueryKey | undefined, wait: number, execution: number): void {
    this.count++
    this.wait += wait
    if (execution > 0) this.execution += execution
    if (query !== undefined) this.#note(query)
  }

  #note (query: QueryKey): void {
    const { alike } = this
    if (alike !== undefined) {
      alike.set(query, (alike.get(query) ?? 0) + 1)
      return
    }
    const keys = this.#keys
    const limit = this.route?.repeated.limit ?? 0
    if (limit === 0 || keys.push(query) <= limit) return
    // With fewer queries, none can have been asked too often.
    this.alike = new Map()
    for (const query of keys.splice(0)) this.#note(query)
  }

  /** Notes that a query that was asked has ended. */
  settle (): void {
    if (--this.#under === 0 && this.#isOver) this.route?.record(this.#method, this)
  }

  /** Notes that the request has ended. */
  end (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.facade = undefined
    if (this.#under === 0) this.route?.record(this.#method, this)
  }
}

/** Stands for all requests that have ended. */
const over = new RequestQueries(undefined, undefined, '', true)
