import type { Backend } from './driver.js'
import type { Pool } from './pool.js'

export interface PoolState {
  idle: number
  used: number
  connecting: number
  /** Queries that are not being executed yet, wherever they wait. */
  queued: number
}

/** Counts a pool's connections and waiting queries at this moment. */
export function stateOf ({ underWay, lanes, hidden, handler, max }: Pool): PoolState {
  const busy = new Set<Backend>()
  let queued = 0
  let unplaced = 0
  for (let pending = underWay.first; pending !== undefined; pending = pending.next) {
    const { query } = pending
    if (query.state !== null) busy.add(query.state)
    else if (query.handler === handler) unplaced++
    if (!query.active) queued++
  }
  let used = 0
  let idle = 0
  for (const lane of lanes) {
    if (!lane.isOpen) continue
    if (busy.has(lane.backend) || lane.transactionAt > 0 || lane.connection?.reserved) used++
    else idle++
  }
  // The driver opens a connection for each query that finds none, as long as there is a place.
  const connecting = Math.max(0, Math.min(unplaced, max - used - idle))
  for (const pool of hidden) queued += stateOf(pool).queued
  return { used, idle, connecting, queued }
}
