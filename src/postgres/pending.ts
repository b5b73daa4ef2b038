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
