import type { Bench } from '../bench.js'
import { compareSides, stepsOf } from '../compare.js'
import { inProgram } from '../micro.js'
import type { Scraping } from '../programs/micro/scrape.js'
import type { Result } from '../result.js'

const cases = [
  { series: 14_000, changed: 1, ratio: 1 / 4 },
  { series: 14_000, changed: 0.01, ratio: 1 / 20 },
  { series: 140_000, changed: 1, ratio: 1 / 4 },
  { series: 140_000, changed: 0.01, ratio: 1 / 20 }
]

/** The text of many series, beside prom-client's text of the same. */
export async function scrape (bench: Bench): Promise<Result[]> {
  bench.progress.begin('scrape', cases.length * stepsOf(bench, 1))
  const results: Result[] = []
  for (const { series, changed, ratio } of cases) {
    const side = (name: string, by: Scraping['by']) =>
      inProgram(
        bench,
        `${name}, ${series} series, ${changed * 100} % changed`,
        { file: 'micro/scrape', argument: { by, series, changed } satisfies Scraping, flags: ['--expose-gc'] }
      )
    results.push(...await compareSides(bench, {
      row: 'scrape',
      measure: 'time',
      unit: 'ms'
    }, side('prom-client', 'prom-client'), [
      { it: side('fastify-vitals', 'ours'), target: { ratio } }
    ]))
  }
  return results
}
