import type { Exposition, Labels } from './exposition.js'

/** The state of a histogram. */
export interface Histogram {
  /** Upper bounds of the buckets, in increasing order; the last is Infinity. */
  bounds: readonly number[]
  /** The number of values at or below each bound. */
  cumulative: number[]
  sum: number
  count: number
}

/**
 * Returns the sums of those histograms of a family for which `keyOf` returns the same key, by that key. Those for which
 * it returns undefined are left out.
 */
export function histogramsBy (
  exposition: Exposition,
  name: string,
  keyOf: (labels: Labels) => string | undefined
): Map<string, Histogram> {
  const found = new Map<string, { buckets: Map<number, number>, sum: number, count: number }>()
  const at = (labels: Labels) => {
    const key = keyOf(labels)
    if (key === undefined) return undefined
    const known = found.get(key)
    if (known !== undefined) return known
    const made = { buckets: new Map<number, number>(), sum: 0, count: 0 }
    found.set(key, made)
    return made
  }
  for (const { labels, value } of exposition.get(`${name}_bucket`) ?? []) {
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
    const buckets = at(labels)?.buckets
    buckets?.set(bound, (buckets.get(bound) ?? 0) + value)
  }
  for (const { labels, value } of exposition.get(`${name}_sum`) ?? []) {
    const histogram = at(labels)
    if (histogram !== undefined) histogram.sum += value
  }
  for (const { labels, value } of exposition.get(`${name}_count`) ?? []) {
    const histogram = at(labels)
    if (histogram !== undefined) histogram.count += value
  }
  return new Map([...found].map(([key, { buckets, sum, count }]) => {
    const bounds = [...buckets.keys()].sort((a, b) => a - b)
    return [key, { bounds, cumulative: bounds.map(bound => buckets.get(bound) as number), sum, count }]
  }))
}

/** Returns the sum of all series of a family; undefined when there are none. */
export function histogramOf (
  exposition: Exposition,
  name: string,
  keeps: (labels: Labels) => boolean = () => true
): Histogram | undefined {
  return histogramsBy(exposition, name, labels => keeps(labels) ? '' : undefined).get('')
}

/**
 * Returns what was counted since `before`, or all when that is undefined. Where counts went back, the process has been
 * restarted, and all is counted since then.
 */
export function since (before: Histogram | undefined, now: Histogram): Histogram {
  if (before === undefined || before.count > now.count || before.cumulative.length !== now.cumulative.length) return now
  return {
    bounds: now.bounds,
    cumulative: now.cumulative.map((count, index) => count - (before.cumulative[index] as number)),
    sum: now.sum - before.sum,
    count: now.count - before.count
  }
}

/** Estimates a quantile as PromQL's histogram_quantile does; null when nothing was counted. */
export function quantile (q: number, { bounds, cumulative }: Histogram): number | null {
  const total = cumulative.at(-1) ?? 0
  if (total === 0) return null
  const rank = q * total
  const index = cumulative.findIndex(count => count >= rank)
  const upper = bounds[index] as number
  const lower = index === 0 ? 0 : bounds[index - 1] as number
  if (upper === Infinity) return lower
  const below = index === 0 ? 0 : cumulative[index - 1] as number
  const inside = (cumulative[index] as number) - below
  return inside === 0 ? upper : lower + (upper - lower) * (rank - below) / inside
}
