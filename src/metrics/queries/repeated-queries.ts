import { clock } from '../../clock.js'
import type { QueryInstruments } from './query-instruments.js'
import type { QueryKey } from './request-queries.js'

/** A query that one request asked too often: most likely once for each row of another query. */
export interface Repeated {
  method: string
  route: string
  /** Its name; empty when it has none. */
  query: string
  count: number
  /** Where in the program it is asked, when it has no name. */
  place?: string
}

/** Milliseconds before the same query and route are logged again. */
const quiet = 60_000
/**
 * Queries that are remembered as logged; with more they are all forgotten, so that names built anew for each query
 * cannot fill the memory.
 */
const mostTold = 1000

// Tells a name from a text, which has more than one word.
const name = /^[\w.:-]+$/

/**
 * Counts the requests that asked one query more than `limit` times, and logs each query and route at most once a
 * minute.
 */
export class RepeatedQueries {
  /** 0 is no limit. */
  readonly limit: number
  readonly #counter: QueryInstruments['repeated']
  readonly #placeOf: (strings: readonly string[]) => string | undefined
  readonly #onRepeated: (repeated: Repeated) => void
  readonly #now: () => number
  readonly #told = new Map<string, number>()

  /**
   * @param placeOf - the place of a template in the program
   * @param now - milliseconds on a clock that only goes forward
   */
  constructor (
    { repeated }: QueryInstruments, limit: number,
    placeOf: (strings: readonly string[]) => string | undefined, onRepeated: (repeated: Repeated) => void, now = clock
  ) {
    if (!(Number.isInteger(limit) && limit >= 0)) {
      throw new RangeError(`nPlusOne must be a whole number, 0 or more, but is ${limit}`)
    }
    this.limit = limit
    this.#counter = repeated
    this.#placeOf = placeOf
    this.#onRepeated = onRepeated
    this.#now = now
  }

  /** Looks for repeated queries in those of a request. */
  tell (method: string, route: string, alike: ReadonlyMap<QueryKey, number>): void {
    for (const [key, count] of alike) {
      if (count > this.limit) this.#count(method, route, key, count)
    }
  }

  #count (method: string, route: string, key: QueryKey, count: number): void {
    const query = typeof key === 'string' && name.test(key) ? key : ''
    this.#counter.cell(method, route, query).add(1)
    const place = typeof key === 'string' ? undefined : this.#placeOf(key)
    if (this.#isNew(JSON.stringify([method, route, query, place]))) {
      this.#onRepeated({ method, route, query, count, ...place !== undefined && { place } })
    }
  }

  #isNew (what: string): boolean {
    const now = this.#now()
    if (now - (this.#told.get(what) ?? -Infinity) < quiet) return false
    if (this.#told.size >= mostTold) this.#told.clear()
    this.#told.set(what, now)
    return true
  }
}
