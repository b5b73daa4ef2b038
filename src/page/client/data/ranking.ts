import { quantile, since } from './histogram.js'
import type { Line } from './reading.js'

/** The load of a route or query in a period. */
export interface Rank {
  key: string
  kind: string
  name: string
  /** Seconds spent in it in each second. */
  load: number
  /** Per second. */
  rate: number
  /** Seconds; null when none ended. */
  p95: number | null
  /** Per second. */
  errors: number
}

export type Order = 'load' | 'rate' | 'p95' | 'errors' | 'name'

/** Calculates the load of each route or query between two readings, in the given order, the largest first. */
export function rank (
  before: ReadonlyMap<string, Line>,
  now: ReadonlyMap<string, Line>,
  seconds: number,
  order: Order
): Rank[] {
  const ranks = [...now].map(([key, { kind, name, duration, errors }]) => {
    const old = before.get(key)
    const ended = since(old?.duration, duration)
    const failed = old === undefined || old.errors > errors ? errors : errors - old.errors
    return {
      key,
      kind,
      name,
      load: ended.sum / seconds,
      rate: ended.count / seconds,
      p95: quantile(0.95, ended),
      errors: failed / seconds
    }
  })
  const hurt = (rank: Rank) => order === 'name' ? 0 : rank[order] ?? -1
  return ranks.sort((a, b) => hurt(b) - hurt(a) || a.name.localeCompare(b.name) || a.kind.localeCompare(b.kind))
}
