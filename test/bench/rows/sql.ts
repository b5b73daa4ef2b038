import type { Bench } from '../bench.js'
import { compareWorkloads } from '../compare.js'
import type { Result } from '../result.js'
import { queries } from '../workload.js'

/** A one-row query with all SQL recording on, beside bare postgres.js. */
export async function sql (bench: Bench): Promise<Result[]> {
  const results: Result[] = []
  for (const [how, atOnce] of [['one at a time', 1], ['32 at once', 32]] as const) {
    results.push(...await compareWorkloads(bench, 'sql', queries(bench, `bare postgres.js, ${how}`, 'bare', atOnce), [
      { it: queries(bench, `fastify-vitals, ${how}`, 'ours', atOnce), target: { ratio: 1.02 } }
    ]))
  }
  return results
}
