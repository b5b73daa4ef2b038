import type { Bench } from '../bench.js'
import { compareSides, stepsOf, type Other, type Side } from '../compare.js'
import { inProgram } from '../micro.js'
import type { Recording } from '../programs/micro/record.js'
import type { Result } from '../result.js'

/** One duration recorded, beside the ways in which others do it. */
export async function record (bench: Bench): Promise<Result[]> {
  const side = (name: string, way: Recording['way']) =>
    inProgram(bench, name, { file: 'micro/record', argument: { way } satisfies Recording })
  const beside: Array<Other<Side>> = [
    { it: side('prom-client observe with labels', 'labels'), target: { ratio: 1 / 40 } },
    { it: side('prom-client observe by child', 'child'), target: { ratio: 1 / 40 } },
    { it: side('perf_hooks histogram', 'perf_hooks') }
  ]
  bench.progress.begin('record', stepsOf(bench, beside.length))
  const results: Result[] = []
  for (const { it, target } of beside) {
    results.push(
      ...await compareSides(
        bench,
        { row: 'record', measure: 'time', unit: 'ns' },
        it,
        [{ it: side('fastify-vitals', 'ours'), ...(target && { target }) }]
      )
    )
  }
  return results
}
