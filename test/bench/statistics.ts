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

/**
 * A percentile of all samples of two kinds, the ratio of the one to the other, and the quartiles of that ratio if other
 * windows had been drawn from those that there were: https://en.wikipedia.org/wiki/Bootstrapping_(statistics)
 * @param windows - the samples of each window; those of both kinds with the same place were measured beside each other
 */
export function compareQuantiles (of: number[][], to: number[][], q: number) {
  const at = (windows: number[][]) => quantile(Float64Array.from(windows.flat()).sort(), q)
  const next = random(1)
  const drawn = Array.from({ length: redraws }, () => {
    const places = of.map(() => Math.floor(next() * of.length))
    const draw = (windows: number[][]) => at(places.map(place => windows[place] as number[]))
    return draw(of) / draw(to)
  })
  const [cost, costBeside] = [at(of), at(to)]
  return { cost, costBeside, ratio: cost / costBeside, quartiles: spread(drawn).quartiles }
}

const redraws = 200

/** Numbers from 0 to 1, the same in each run: https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
export function random (seed: number): () => number {
  let state = seed
  return () => {
    state = state * 48_271 % 2_147_483_647
    return state / 2_147_483_647
  }
}

function quantile (sorted: ArrayLike<number>, q: number): number {
  const position = (sorted.length - 1) * q
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]] as [number, number]
  return below + (above - below) * (position % 1)
}
