import type { Bench } from '../bench.js'
import { compareSides, stepsOf } from '../compare.js'
import { inProgram } from '../micro.js'
import type { Holding } from '../programs/micro/memory.js'
import type { Result } from '../result.js'

/** Memory that a series takes once it was recorded and scraped, beside prom-client's. */
export async function memory (bench: Bench): Promise<Result[]> {
  const once = { ...bench, plan: { ...bench.plan, rounds: 1 } }
  const side = (name: string, by: Holding['by']) =>
    inProgram(
      bench,
      name,
      { file: 'micro/memory', argument: { by, series: 140_000 } satisfies Holding, flags: ['--expose-gc'] }
    )
  bench.progress.begin('memory', stepsOf(once, 1))
  return await compareSides(once, {
    row: 'memory',
    measure: 'memory',
    unit: 'bytes'
  }, side('prom-client', 'prom-client'), [
    { it: side('fastify-vitals', 'ours'), target: { ratio: 1 / 2 } }
  ])
}
