export interface Spread {
  median: number
  /** First and third quartile. */
  quartiles: [number, number]
}

/**
 * The median and the quartiles of some numbers, interpolated between neighbours.
 * Throws a RangeError when there is no number.
 */
export function spread (samples: number[]): Spread {
  if (samples.length === 0) throw new RangeError('No samples: at least one is needed')
  const sorted = samples.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)] }
}

/** The ratios of two series of rounds, each to the one measured beside it. */
export function ratios (of: number[], to: number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? NaN))
}

function quantile (sorted: number[], q: number): number {
  const position = (sorted.length - 1) * q
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]] as [number, number]
  return below + (above - below) * (position % 1)
}
