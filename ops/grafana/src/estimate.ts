import type { Family } from '../../../src/metrics/family.js'
import { boundsOf } from '../../../src/metrics/grid.js'
import { familiesOf } from '../../../src/metrics/naming/index.js'

const families = new Map<string, Family>(familiesOf(['fastify']).map(family => [family.name, family]))

/**
 * What is to be said of the quantiles that queries read: between which bounds of its buckets each is estimated. Empty
 * when they read none. Throws a RangeError that names a histogram which the service does not serve.
 */
export function estimate (queries: readonly string[]): string {
  const scales = new Map<string, string[]>()
  for (const histogram of new Set(queries.flatMap(quantilesOf))) {
    const scale = scaleOf(histogram)
    scales.set(scale, [...scales.get(scale) ?? [], histogram])
  }
  if (scales.size === 0) return ''
  const told = [...scales].map(([scale, of]) => scales.size === 1 ? scale : `${scale} (${of.join(', ')})`).join('; ')
  return ` Estimated within buckets, which are wide: by default their bounds are ${told}, and what lies between two ` +
    'of them may be told as anything between.'
}

/** The histograms of which a query reads a quantile, computed or as the rules have recorded it. */
export function quantilesOf (query: string): string[] {
  const found = query.matchAll(/histogram_quantile\(.*?\b(\w+)_bucket\b|:(\w+):p\d+_/g)
  return [...found].map(([, computed, recorded]) => computed ?? recorded as string)
}

function scaleOf (histogram: string): string {
  const family = families.get(histogram)
  if (family === undefined || !('cut' in family)) throw new RangeError(`${histogram} is no histogram of the service`)
  const bounds = boundsOf(family.cut)
  if (histogram.endsWith('_seconds')) return listed(bounds, [[0.001, 'ms'], [1, 's']])
  if (histogram.endsWith('_bytes')) {
    return listed(bounds, [[1, 'B'], [2 ** 10, 'KiB'], [2 ** 20, 'MiB'], [2 ** 30, 'GiB']])
  }
  return bounds.join(', ')
}

/** Numbers in the units that suit them, each of which is written once: `5, 10 ms, 1, 2.5 s`. */
function listed (numbers: readonly number[], units: ReadonlyArray<readonly [size: number, unit: string]>): string {
  const written = units.map(([size, unit], index) => {
    const [next = Infinity] = units[index + 1] ?? []
    const own = numbers.filter(number => number < next && (number >= size || index === 0))
    return own.length === 0 ? [] : [`${own.map(number => Number((number / size).toPrecision(6))).join(', ')} ${unit}`]
  })
  return written.flat().join(', ')
}
