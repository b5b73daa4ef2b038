import type { AnySql, MeasureOptions } from '../../metrics/own/any-sql.js'
import { shown } from '../../plugin/words.js'
import type { Sql } from '../client/client.js'
import { PoolGauges } from './pool-gauges.js'
import type { Pool } from '../pool/pool.js'
import type { PoolNumbers } from '../pool/pool-observer.js'
import { poolOf } from '../pool/pool-of.js'
import { Recorder } from './recorder.js'
import type { SqlInstruments } from './sql-instruments.js'
import { timeClient } from './timed-client.js'

/** Measured pools of each catalogue, so that none is measured twice. */
const measured = new WeakMap<SqlInstruments, WeakMap<Pool, Recorder>>()
/** Called when a pool was collected as garbage. */
const collected = new FinalizationRegistry<() => void>(leave => { leave() })
const nothing: PoolNumbers = { idle: 0, used: 0, connecting: 0, waiting: 0, max: 0 }
/** Clients made elsewhere, with what times them. */
const timed = new WeakMap<SqlInstruments, WeakMap<Sql, Sql>>()

/**
 * Measures a client from now on, and returns it: its queries, its transactions, its connections. Doing so again is
 * harmless, and a client can be measured into several catalogues. For a postgres.js client that was made elsewhere
 * another one is returned, which does the same and times each query as a whole, from being executed to its outcome; of
 * its connections nothing is known. Throws a TypeError when it is no client.
 */
export function measureClient<T extends AnySql> (sql: T, instruments: SqlInstruments, options: MeasureOptions = {}): T {
  if (typeof sql !== 'function' || typeof sql.begin !== 'function' || typeof sql.unsafe !== 'function') {
    throw new TypeError(`measure needs a client, such as app.sql or postgres(url), but got ${shown(sql)}`)
  }
  const pool = poolOf(sql)
  if (pool === undefined) return timedIn(sql as unknown as Sql, instruments, options) as unknown as T
  const pools = known(measured, instruments)
  if (!pools.has(pool)) pools.set(pool, measurePool(pool, instruments, options))
  return sql
}

function measurePool (pool: Pool, instruments: SqlInstruments, { pool: name }: MeasureOptions): Recorder {
  const gauges = new PoolGauges(instruments, name ?? instruments.nextPool())
  const recorder = new Recorder(instruments, gauges.name, gauges)
  pool.source.pool = gauges.name
  pool.observe(recorder)
  instruments.pools.add(gauges)
  // Weakly: from the instruments a chain of references leads to the app, and so to its pool.
  const held = new WeakRef(instruments)
  collected.register(pool, () => {
    gauges.set(nothing)
    held.deref()?.pools.delete(gauges)
  })
  return recorder
}

function timedIn (sql: Sql, instruments: SqlInstruments, { pool }: MeasureOptions): Sql {
  const clients = known(timed, instruments)
  let client = clients.get(sql)
  if (client === undefined) {
    const recorder = new Recorder(instruments, pool ?? instruments.nextPool())
    client = timeClient(sql, recorder, { pool: recorder.name })
    clients.set(sql, client)
    clients.set(client, client)
  }
  return client
}

function known<K extends object, V extends object> (
  by: WeakMap<SqlInstruments, WeakMap<K, V>>,
  key: SqlInstruments
): WeakMap<K, V> {
  let found = by.get(key)
  if (found === undefined) {
    found = new WeakMap()
    by.set(key, found)
  }
  return found
}
