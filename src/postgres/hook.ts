import { clock } from '../metrics/clock.js'
import { driversOwn, pendingKey, poolKey, rowsOf, type Query, type QueryPrototype, type Result } from './driver.js'
import { laneOf } from './lane.js'
import { Pending } from './pending.js'
import type { Pool } from './pool.js'

const hooked = new WeakSet<object>()
/** Most of what the driver asks by itself on a connection whose pool is not known yet. */
const mostEarly = 8

/** Has queries tell when they are asked and how they end: all that share the prototype, and nothing for clients that are not measured. */
export function hook (prototype: QueryPrototype): void {
  if (hooked.has(prototype)) return
  const { handle } = prototype
  prototype.handle = function () {
    try {
      if (!this.executed) ask(this)
      else if (this.cursorFn !== undefined) askAgain(this)
    } catch {
      // The query must go on; that it is not recorded exactly is said where it ends.
      degrade(this)
    }
    return handle.call(this)
  }
  hooked.add(prototype)
}

/** The pool of a query, if it is measured. */
export function poolOf (query: Query): Pool | undefined {
  const { canceller } = query
  return canceller ? canceller[poolKey] : query.handler?.[poolKey]
}

function ask (query: Query): void {
  const { canceller } = query
  const pool = canceller ? canceller[poolKey] : query.handler[poolKey]
  if (pool === undefined && canceller) return
  // One that was cancelled before it was asked has its outcome, and a library that delays `handle` gets here twice.
  if (query.cancelled !== null || query[pendingKey] !== undefined) return
  const pending = new Pending(query, pool, clock())
  wrap(query, pending)
  query[pendingKey] = pending
  if (query.cursorFn !== undefined) countBatches(query, pending)
  if (pool === undefined) driversOwn.add(query)
  else {
    pool.underWay.add(pending)
    if (pool.isLearning || query.options.onexecute !== undefined) learn(pool, query)
  }
}

/** An iterated cursor gets new functions for each batch. */
function askAgain (query: Query): void {
  const pending = query[pendingKey]
  if (pending === undefined || pending.settled) return
  if (query.resolve !== pending.resolve) wrap(query, pending)
  if (query.cursorFn !== pending.countBatch) countBatches(query, pending)
}

// Others take these functions off the query and call them by themselves, as those of the driver can be.
function wrap (query: Query, pending: Pending): void {
  const { resolve, reject } = query
  query.resolve = pending.resolve = value => {
    settle(pending, false, value)
    return resolve.call(query, value)
  }
  query.reject = error => {
    settle(pending, true, error)
    return reject.call(query, error)
  }
}

function countBatches (query: Query, pending: Pending): void {
  const { cursorFn } = query
  if (cursorFn === undefined) return
  query.cursorFn = pending.countBatch = function (batch) {
    // The last one has a count, which is the result's.
    if (batch?.count === null) pending.batched += batch.length
    return cursorFn.call(this, batch)
  }
}

function learn (pool: Pool, query: Query): void {
  const { onexecute } = query.options
  query.options.onexecute = function (connection) {
    try {
      pool.learn(query, connection)
    } catch {
      pool.degrade()
    }
    return onexecute === undefined ? pool.sendsAheadOf(query) : onexecute.call(this, connection)
  }
}

function settle (pending: Pending, failed: boolean, value: unknown): void {
  const { pool } = pending
  try {
    if (pending.settled) pool?.settleAgain(pending, failed, value)
    else if (failed || !isStream(value)) {
      if (pool === undefined) settleDriversOwn(pending, failed, value)
      else pool.settle(pending, failed, value)
    }
  } catch {
    settleTotal(pending, failed, value)
  }
}

function settleTotal ({ query, pool, askedAt }: Pending, failed: boolean, value: unknown): void {
  try {
    pool?.settleTotal(query, failed, value, (clock() - askedAt) / 1000)
  } catch {}
}

/** A stream for COPY is handed out when it begins. */
function isStream (value: unknown): boolean {
  const { command, on } = (value ?? {}) as { command?: unknown, on?: unknown }
  return command === undefined && typeof on === 'function'
}

function settleDriversOwn (pending: Pending, failed: boolean, value: unknown): void {
  pending.settled = true
  const { query, askedAt } = pending
  const now = clock()
  if (query.state === null) return
  const lane = laneOf(query.state)
  const beganAt = Math.max(askedAt, lane.freeAt)
  lane.freeAt = now
  // Without its rows, because it may be kept.
  const outcome = failed ? value : briefly(value)
  const record = (pool: Pool) => { pool.record(query, failed, outcome, (beganAt - askedAt) / 1000, (now - beganAt) / 1000) }
  if (lane.pool !== undefined) record(lane.pool)
  else if (lane.early.length < mostEarly) lane.early.push(record)
}

function briefly (value: unknown): Pick<Result, 'command' | 'count'> {
  const { command = null } = (value ?? {}) as Partial<Result>
  return { command: command ?? (Array.isArray(value) ? (value[0] as Partial<Result> | undefined)?.command ?? null : null), count: rowsOf(value) }
}

function degrade (query: Query): void {
  try {
    poolOf(query)?.degrade()
  } catch {}
}

/**
 * The way that needs nothing of the driver's inside but that queries are promises: their total time. An error of a
 * query whose outcome nobody looks at is then no longer an unhandled rejection.
 */
export function hookTotal (prototype: object): void {
  if (hooked.has(prototype) || prototype === Promise.prototype || !(prototype instanceof Promise)) return
  const methods = prototype as unknown as Record<string, (this: Query, ...args: unknown[]) => unknown>
  for (const name of ['then', 'catch', 'finally', 'execute', 'forEach']) {
    if (!Object.hasOwn(prototype, name)) continue
    const method = methods[name]
    if (typeof method !== 'function') continue
    methods[name] = function (...args) {
      try {
        askTotal(this)
      } catch {}
      return method.apply(this, args)
    }
  }
  hooked.add(prototype)
}

function askTotal (query: Query): void {
  const pool = poolOf(query)
  if (pool === undefined || query[pendingKey] !== undefined) return
  const pending = query[pendingKey] = new Pending(query, pool, clock())
  const end = (failed: boolean) => (value: unknown) => { settleTotal(pending, failed, value) }
  Promise.prototype.then.call(query, end(false), end(true))
}
