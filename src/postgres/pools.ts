import type { Pool } from './pool.js'

const pools = new WeakMap<object, Pool>()

/** Has a client's pool be found by it. */
export function holdPool (sql: object, pool: Pool): void {
  pools.set(sql, pool)
}

/** The pool of a client that was made here. */
export function poolOf (sql: object): Pool | undefined {
  return pools.get(sql)
}
