import { clock } from '../metrics/clock.js'
import type { Connection, Handler, Query } from './driver.js'
import type { Lane } from './lane.js'
import type { Pool } from './pool.js'

/** The sessions that transactions, and those who have reserved a connection, began in. */
const sessions = new WeakMap<Handler, number | null>()

/** Stands before a connection: what the driver has it execute goes through only where the connection is the query's. To be set up once for each. */
export function keepGate (pool: Pool, lane: Lane, connection: Connection): void {
  const { connect, execute } = connection
  connection.connect = function (...args) {
    lane.connectAt = clock()
    return connect.apply(this, args)
  }
  connection.execute = query => {
    if (lane.isLeftBehind || !belongs(pool, lane, query)) return turnAway(pool, lane, connection, query)
    // What it has waited for may have had the connection without asking.
    if (query.handler === pool.handler && lane.handler !== pool.handler) lane.freeAt = clock()
    return Boolean(execute.call(connection, query)) && pool.sendsAheadOf(query)
  }
}

/** The error of what was asked of a connection that is gone. */
export function lost (): Error {
  return Object.assign(new Error('The connection is lost'), { code: 'CONNECTION_CLOSED' })
}

/** Whether the connection has the session that the query's transaction, or who has reserved the connection, began in. */
function belongs (pool: Pool, { backend }: Lane, { handler }: Query): boolean {
  if (handler === pool.handler) return true
  const session = sessions.get(handler)
  if (session === undefined) sessions.set(handler, backend.pid)
  return session === undefined || session === backend.pid
}

/**
 * Does with a query what the driver should while the connection is closed, or is another session's. The driver lets a transaction,
 * or who has reserved the connection, go on there, if only to roll back; on no socket, that is an exception that nobody can catch.
 */
function turnAway (pool: Pool, lane: Lane, connection: Connection, query: Query): boolean {
  const isPools = query.handler === pool.handler
  // Released after it was lost, it is among those that are open, but not on its way to be.
  if (isPools && lane.connectAt === 0) connection.connect(query)
  else query.reject(lost())
  return !isPools
}
