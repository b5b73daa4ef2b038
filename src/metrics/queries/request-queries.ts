import type { IncomingMessage } from 'node:http'
import type { Catalogue } from '../catalogue.js'

/** What tells a query from others: its name or, where it has none, its text or the parts of its template. */
export type QueryKey = string | readonly string[]

/** Where the queries of a route's requests are recorded. */
export interface RecordedRoute {
  /** Counts those that are asked more than `limit` times by one request; 0 is no limit. */
  readonly repeated: { readonly limit: number }
  /** Is told of each request that has ended, and whose queries have. */
  record: (method: string, queries: RequestQueries) => void
}

const key = Symbol('fastify-vitals.queries')
type Asking = IncomingMessage & { [key]?: RequestQueries }

/** The queries of a request, if any were looked for. */
export function queriesOf (request: IncomingMessage): RequestQueries | undefined {
  return (request as Asking)[key]
}

/** Notes the queries of a request, for `queriesOf` to find. */
export function holdQueries (request: IncomingMessage, queries: RequestQueries): RequestQueries {
  return ((request as Asking)[key] = queries)
}

/**
 * What one request asks of the database. It is recorded when the request has ended and nothing that it asked is under
 * way any more. Times are in seconds.
 */
export class RequestQueries {
  count = 0
  execution = 0
  wait = 0
  /** How often each query was asked, once there are more of them than may be alike. */
  alike: Map<QueryKey, number> | undefined
  /** The client that asks for it, made when it is first used. */
  facade: unknown
  /** Whose request it is; undefined for what has ended. */
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

  /** Why a query of it is in no route's numbers. */
  get reason (): 'request_over' | 'left_out' {
    return this === over ? 'request_over' : 'left_out'
  }

  /**
   * Notes that a query is asked, and returns whom to charge it to: what is asked after the request's end is nobody's.
   */
  ask (): RequestQueries {
    if (this.#isOver) return over
    this.#under++
    return this
  }

  /** Adds a query that was asked; those without a key are not looked at for being alike. */
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
    // Only from here on can one query have been asked too often.
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

/** Whom queries are charged to that are asked for a request that has ended. */
const over = new RequestQueries(undefined, undefined, '', true)
