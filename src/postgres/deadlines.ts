import { setTimeout as sleep } from 'node:timers/promises'
import { clock } from '../metrics/clock.js'
import { createClient, type ClientOptions, type Sql } from './client.js'
import { laneKey, type Query } from './driver.js'
import { poolOfClient } from './measure.js'
import type { Pending } from './pending.js'
import type { Pool } from './pool.js'
import { mend } from './queue.js'
import { createSockets } from './sockets.js'

/** Milliseconds between two looks at the queries under way. */
const interval = 50
/** Milliseconds that the server gets to tell of its own `statement_timeout` first. */
const grace = 250

export interface Limits {
  /** Milliseconds that a query may wait for its execution to begin; 0 is no limit. */
  acquireTimeoutMs?: number
  /** Milliseconds that its execution may take; 0 is no limit. */
  queryTimeoutMs?: number
}

export interface BoundedClient {
  sql: Sql
  /** Ends the client when its queries are done, but after so many seconds in any case. */
  end: (timeoutSeconds: number) => Promise<void>
}

/**
 * Makes a client whose queries are rejected once they are late: with the code `ACQUIRE_TIMEOUT` those that have waited too long
 * for a connection, with `QUERY_TIMEOUT` those whose execution takes too long although the server is to cancel them before; their
 * connection is given up. One timer looks at all of them, so that a query costs nothing more.
 *
 * What is read or written as a stream, or by a cursor, is left to the server's `statement_timeout`, and what waits for its turn in
 * a transaction to the limits of what is before it.
 *
 * Each connection has one query at a time. Where the driver sends more ahead, and a table has been altered under a prepared
 * statement, it takes the answers of one query for those of another; and a slow query holds up those that were sent behind it.
 */
export function createBoundedClient ({ acquireTimeoutMs = 0, ...options }: ClientOptions & Limits): BoundedClient {
  const { queryTimeoutMs = 0 } = options
  const acquire = acquireTimeoutMs > 0 ? acquireTimeoutMs : Infinity
  const execute = queryTimeoutMs > 0 ? queryTimeoutMs + grace : Infinity
  const sockets = execute < Infinity ? createSockets(execute) : undefined
  const sql = createClient({ sockets, ...options })
  const pool = poolOfClient(sql)
  pool.pipelines = false
  const timer = setInterval(() => {
    try {
      const since = sweep(pool, acquire, execute)
      if (since !== undefined) sockets?.giveUp(since)
      for (const { connection } of pool.lanes) if (connection?.queue !== undefined) mend(connection.queue)
    } catch {
      // The driver's inside is not as known.
      pool.degrade()
    }
  }, interval)
  timer.unref()
  return {
    sql,
    async end (timeoutSeconds) {
      const deadline = clock() + timeoutSeconds * 1000
      // The driver would open connections for them anew when it has ended.
      while (clock() < deadline && waitingIn(pool).length > 0) await sleep(interval)
      for (const pending of waitingIn(pool)) reject(pending, 'CONNECTION_ENDED', 'The client has ended')
      await sql.end({ timeout: Math.max(0, deadline - clock()) / 1000 })
      clearInterval(timer)
    }
  }
}

/** The queries that have no connection yet. */
function waitingIn (pool: Pool): Pending[] {
  const waiting: Pending[] = []
  for (let pending = pool.underWay.first; pending !== undefined; pending = pending.next) {
    if (pending.query.state === null && pending.query.handler === pool.handler) waiting.push(pending)
  }
  return waiting
}

/** Rejects what is late. Returns since when a connection owes an answer, if one does for too long. */
function sweep (pool: Pool, acquire: number, execute: number): number | undefined {
  const now = clock()
  const youngest = now - Math.min(acquire, execute)
  let owedSince: number | undefined
  // They are in the order in which they were asked.
  for (let pending = pool.underWay.first; pending !== undefined && pending.askedAt < youngest;) {
    const { next } = pending
    if (isWaiting(pending)) {
      if (pending.query.handler === pool.handler && now - pending.askedAt > acquire) reject(pending, 'ACQUIRE_TIMEOUT', `No connection was free within ${acquire} ms`)
    } else if (!isStreamed(pending.query) && now - beganAt(pending) > execute) {
      owedSince = Math.max(owedSince ?? 0, beganAt(pending))
      reject(pending, 'QUERY_TIMEOUT', `No answer within ${execute - grace} ms`)
    }
    pending = next
  }
  return owedSince
}

function isWaiting ({ query }: Pending): boolean {
  return query.state === null || !query.active
}

function isStreamed (query: Query): boolean {
  return query.cursorFn !== undefined || query.streaming === true
}

function beganAt ({ query, askedAt }: Pending): number {
  return Math.max(askedAt, query.state?.[laneKey]?.freeAt ?? 0)
}

function reject (pending: Pending, code: string, message: string): void {
  const { query } = pending
  pending.late = true
  query.reject(Object.assign(new Error(message), { code }))
  if (query.state === null) forget(query)
}

// What a connection is being opened for cannot be taken back: if it were cancelled, the driver would never use that
// connection. So that it is not executed when nobody waits for it any more, it becomes a query of nothing.
function forget (query: Query): void {
  query.strings = ['']
  query.args = []
  query.cursorFn = undefined
  query.canceller?.(query)
  query.cancelled = null
}
