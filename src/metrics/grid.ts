/**
 * Upper bounds in seconds that every duration is recorded by. They hold each bound of the defaults of fastify-metrics
 * (prom-client), OpenTelemetry's HTTP semantic conventions and django-prometheus, so that each of these is an exact
 * cut.
 */
export const secondsGrid: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75
]

/** Upper bounds in bytes that every size is recorded by: 0 and the powers of two to 2^29, as in django-prometheus. */
export const bytesGrid: readonly number[] = [0, ...Array.from({ length: 30 }, (_, exponent) => 2 ** exponent)]

/**
 * Upper bounds that counts are recorded by: 0 and 1 exactly, then close enough to tell a handful of queries from a
 * loop.
 */
export const countsGrid: readonly number[] = [0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000]

/** A choice among a grid's bounds: their places in the grid, and how each is written. */
export interface Cut {
  readonly grid: readonly number[]
  readonly places: readonly number[]
  readonly texts: readonly string[]
}

/**
 * Chooses bounds of a grid, in increasing order.
 * Throws a RangeError that shows the bound when the grid does not have it or the order is another.
 */
export function cut (
  grid: readonly number[],
  bounds: readonly number[],
  write: (bound: number) => string = String
): Cut {
  const places = bounds.map((bound, index) => {
    const place = grid.indexOf(bound)
    if (place === -1) throw new RangeError(`${bound} is not a bound of the grid ${grid.join(' ')}`)
    if (index > 0 && bound <= (bounds[index - 1] as number)) {
      throw new RangeError(`Bounds must be in increasing order, but ${bounds[index - 1]} comes before ${bound}`)
    }
    return place
  })
  return { grid, places, texts: bounds.map(write) }
}

/** The bounds that a cut chooses. */
export function boundsOf ({ grid, places }: Cut): number[] {
  return places.map(place => grid[place] as number)
}
