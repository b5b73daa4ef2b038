import { quantile, since, type Histogram } from './histogram.js'
import type { Reading } from './reading.js'

/** The columns of the history. Rates are per second, times in seconds, sizes in bytes; null is unknown. */
export const columns = [
  'answered', 'failed', 'shed', 'aborted', 'p50', 'p95', 'p99', 'inFlight', 'delay', 'stalled', 'utilization', 'cpu',
  'heapUsed', 'heapTotal', 'resident', 'idle', 'used', 'waiting', 'connectionsMax', 'executing95', 'waiting95'
] as const

export type Column = typeof columns[number]
export type Point = Record<Column, number | null>

/** The shed requests and stalls between two readings. */
export interface Incidents {
  shed: number
  /** Seconds that the stalls that ended lasted in all; 0 when there were none. */
  stalled: number
}

/**
 * Calculates a point of the charts from two readings of one process, and its quantiles from an older one, since they
 * need more than a moment's values.
 * @param before - the reading before `now`
 * @param older - a reading some ten seconds older than `now`
 */
export function pointOf (before: Reading, now: Reading, older: Reading): Point {
  const seconds = now.at - before.at
  const rate = (read: (reading: Reading) => number | undefined) => perSecond(read(before), read(now), seconds)
  const at = (q: number, read: (reading: Reading) => Histogram | undefined) => quantileOf(q, read(older), read(now))
  const failed = rate(({ failed }) => failed)
  const shed = rate(({ shed }) => shed)
  return {
    answered: rate(({ answered, failed }) => answered - failed),
    // Requests that are shed are answered with 503, too.
    failed: failed === null || shed === null ? failed : Math.max(0, failed - shed),
    shed,
    aborted: rate(({ aborted }) => aborted),
    p50: at(0.5, ({ requests }) => requests),
    p95: at(0.95, ({ requests }) => requests),
    p99: at(0.99, ({ requests }) => requests),
    inFlight: now.inFlight ?? null,
    delay: at(0.99, ({ eventLoopDelay }) => eventLoopDelay),
    stalled: now.stalled,
    // What only the main thread updates stands still while that is stuck, and jumps afterwards.
    utilization: atMost(1, rate(({ active }) => active)),
    cpu: rate(({ cpu }) => cpu),
    heapUsed: now.heapUsed ?? null,
    heapTotal: now.heapTotal ?? null,
    resident: now.resident ?? null,
    idle: now.connections.get('idle') ?? null,
    used: now.connections.get('used') ?? null,
    waiting: now.queued ?? null,
    connectionsMax: now.connectionsMax ?? null,
    executing95: at(0.95, ({ executing }) => executing),
    waiting95: at(0.95, ({ waiting }) => waiting)
  }
}

/** Returns what happened between two readings of one process. */
export function incidentsOf (before: Reading, now: Reading): Incidents {
  const stalls = now.stalls ?? now.eventLoopDelay
  const ended = stalls === undefined
    ? undefined
    : since(now.stalls === undefined ? before.eventLoopDelay : before.stalls, stalls)
  // Only delays of more than half a second are stalls; they make up most of the sum.
  const isStall = ended !== undefined && ended.count - countUpTo(ended, 0.5) > 0
  return { shed: Math.max(0, now.shed - before.shed), stalled: isStall ? ended.sum : 0 }
}

function countUpTo ({ bounds, cumulative }: Histogram, bound: number): number {
  return cumulative[bounds.findLastIndex(each => each <= bound)] ?? 0
}

function perSecond (before: number | undefined, now: number | undefined, seconds: number): number | null {
  if (before === undefined || now === undefined || seconds <= 0) return null
  return Math.max(0, now - before) / seconds
}

function atMost (most: number, value: number | null): number | null {
  return value === null ? null : Math.min(most, value)
}

function quantileOf (q: number, before: Histogram | undefined, now: Histogram | undefined): number | null {
  return now === undefined ? null : quantile(q, since(before, now))
}
