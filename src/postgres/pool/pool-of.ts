import type { Pool } from './pool.js'

const pools = new WeakMap<object, Pool>()

/** Notes the pool of a client. */
export function holdPool (sql: object, pool: Pool): void {
  pools.set(sql, pool)
}

/** Returns the pool of a client; undefined when that was made elsewhere. */
export function poolOf (sql: object): Pool | undefined {
  return pools.get(sql)
}
