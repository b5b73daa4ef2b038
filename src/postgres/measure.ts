import type { Sql } from './client.js'
import { isAsExpected, poolKey, type Options, type Query, type QueryPrototype } from './driver.js'
import { hook, hookTotal, poolOf } from './hook.js'
import { Pool } from './pool.js'
import { Recorder } from './recorder.js'
import type { SqlInstruments } from './sql-instruments.js'

export interface MeasureOptions {
  /** The label `pool`. Empty for a catalogue's first client and a number for later ones, when not given. */
  pool?: string
}

/** How to leave a client as it was. */
const undo = new WeakMap<Pool, Array<() => void>>()
/** Pools of clients that no function could be found of to carry them. */
const strangers = new WeakMap<object, Pool>()

/**
 * Measures a postgres.js client from now on: what it asks, its transactions, the connections that they open. Returns
 * the same client. Doing so again is harmless, and a client can be measured into several catalogues.
 */
export function measureClient<T extends Sql> (sql: T, instruments: SqlInstruments, { pool: name }: MeasureOptions = {}): T {
  const pool = poolOfClient(sql)
  if (!pool.recorders.some(recorder => recorder.instruments === instruments)) {
    const recorder = new Recorder(instruments, name ?? instruments.nextPool(), pool)
    pool.recorders.push(recorder)
    instruments.recorders.add(new WeakRef(recorder))
  }
  return sql
}

/** What is kept of a client's queries and connections, from now on if it was not kept before. */
export function poolOfClient (sql: Sql): Pool {
  return knownPool(sql) ?? observe(sql)
}

/** Stops measuring a client. What it has asked already is still recorded when it ends. */
export function unmeasureClient (sql: Sql): void {
  const pool = knownPool(sql)
  if (pool === undefined) return
  for (const step of undo.get(pool) ?? []) step()
  strangers.delete(sql)
  for (const { instruments } of pool.recorders) {
    for (const reference of instruments.recorders) if (reference.deref()?.pool === pool) instruments.recorders.delete(reference)
  }
}

function knownPool (sql: Sql): Pool | undefined {
  try {
    return strangers.get(sql) ?? poolOf(sampleOf(sql))
  } catch {
    return undefined
  }
}

/** A query that is never executed, by which the driver's inside is found. The driver would keep the client for ever for a tagged one. */
function sampleOf (sql: Sql): Query {
  return sql.unsafe('') as unknown as Query
}

function observe (sql: Sql): Pool {
  const steps: Array<() => void> = []
  let pool: Pool | undefined
  try {
    const query = sampleOf(sql)
    const { options } = sql as unknown as { options?: Options }
    pool = new Pool(query.handler, options?.max ?? 0, [])
    carry(pool, query, steps)
    const prototype = Object.getPrototypeOf(query) as QueryPrototype
    if (isAsExpected(query, prototype)) {
      hook(prototype)
      observeConnections(pool, options as Options, steps)
      observeHidden(pool, sql, steps)
    } else {
      pool.degrade()
      hookTotal(prototype)
    }
  } catch {
    pool ??= new Pool(() => {}, 0, [])
    pool.degrade()
    strangers.set(sql, pool)
  }
  undo.set(pool, steps)
  return pool
}

/** Puts the pool on the functions that the client's queries have in common, so that it is found from each and lives no longer. */
function carry (pool: Pool, query: Query, steps: Array<() => void>): void {
  const carriers = [query.canceller, query.handler].filter(carrier => typeof carrier === 'function')
  if (carriers.length === 0) throw new TypeError('Queries have neither a handler nor a canceller')
  for (const carrier of carriers) {
    Object.defineProperty(carrier, poolKey, { value: pool, configurable: true })
    steps.push(() => { delete carrier[poolKey] })
  }
}

function observeConnections (pool: Pool, options: Options, steps: Array<() => void>): void {
  const { onclose, shared } = options
  const told = function (this: unknown, id: number) {
    try {
      pool.closed(id)
    } catch {
      pool.degrade()
    }
    return onclose?.call(this, id)
  }
  options.onclose = told
  steps.push(() => { if (options.onclose === told) setOrDelete(options, onclose) })

  // The driver sets its count of failed attempts to 0 at the moment that a connection is ready and has its first query.
  let { retries } = shared
  if (typeof retries !== 'number') throw new TypeError('The driver does not count its attempts as expected')
  Object.defineProperty(shared, 'retries', {
    configurable: true,
    enumerable: true,
    get: () => retries,
    set: (value: number) => {
      retries = value
      if (value !== 0) return
      try {
        pool.ready()
      } catch {
        pool.degrade()
      }
    }
  })
  steps.push(() => { Object.defineProperty(shared, 'retries', { configurable: true, enumerable: true, writable: true, value: retries }) })
}

function setOrDelete (options: Options, onclose: Options['onclose']): void {
  if (onclose === undefined) delete options.onclose
  else options.onclose = onclose
}

/** To listen and to subscribe the driver makes clients for itself: the one when it is first needed, the other at once. */
function observeHidden (pool: Pool, sql: Sql, steps: Array<() => void>): void {
  const adopt = (client: Sql | undefined) => {
    if (client === undefined || knownPool(client) !== undefined) return
    const query = sampleOf(client)
    const hidden = new Pool(query.handler, 0, pool.recorders, false)
    carry(hidden, query, steps)
    pool.hidden.push(hidden)
  }
  const { listen, subscribe } = sql as unknown as Record<'listen' | 'subscribe', { sql?: Sql } | undefined>
  adopt(subscribe?.sql)
  if (listen === undefined) return
  let client = listen.sql
  adopt(client)
  Object.defineProperty(listen, 'sql', {
    configurable: true,
    enumerable: true,
    get: () => client,
    set: (value: Sql | undefined) => {
      client = value
      try {
        adopt(value)
      } catch {
        pool.degrade()
      }
    }
  })
  steps.push(() => { Object.defineProperty(listen, 'sql', { configurable: true, enumerable: true, writable: true, value: client }) })
}
