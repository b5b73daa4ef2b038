import type { Query, Result } from './driver.js'
import type { Pool } from './pool.js'

/** A query between being asked and its outcome; a link in its pool's list. Times are in milliseconds. */
export class Pending {
  readonly query: Query
  /** Not known when the driver asks by itself, until its lane's is. */
  readonly pool: Pool | undefined
  readonly askedAt: number
  previous: Pending | undefined = undefined
  next: Pending | undefined = undefined
  settled = false
  /** Whether it was rejected at its deadline, so that the driver may still have it. */
  late = false
  /** Rows of a cursor's batches so far. */
  batched = 0
  /** What the query's functions were last replaced by. */
  resolve: ((value: unknown) => unknown) | undefined = undefined
  countBatch: ((batch: Result) => unknown) | undefined = undefined

  constructor (query: Query, pool: Pool | undefined, askedAt: number) {
    this.query = query
    this.pool = pool
    this.askedAt = askedAt
  }
}

/** Queries in the order in which they were asked, each taken out wherever it is. Linked through the queries' own fields. */
export class PendingList {
  first: Pending | undefined = undefined
  #last: Pending | undefined = undefined

  add (pending: Pending): void {
    pending.previous = this.#last
    if (this.#last === undefined) this.first = pending
    else this.#last.next = pending
    this.#last = pending
  }

  remove (pending: Pending): void {
    const { previous, next } = pending
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    pending.previous = pending.next = undefined
  }
}
