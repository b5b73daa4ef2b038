import type { Bench } from './bench.js'
import { attempt, figures } from './compare.js'
import { countInstructions } from './instructions.js'
import { skipped, type Result } from './result.js'
import { ratios } from './statistics.js'
import type { Workload } from './workload.js'

/**
 * Counts the instructions of our program with few and with many of something, each beside the bare program with as
 * many. What the bare program's cost grows by is not ours, so both counts are of what is left when it is divided out.
 */
export async function growth (
  bench: Bench,
  what: string,
  [few, many]: [number, number],
  workload: (count: number, file: 'bare' | 'ours') => Workload
): Promise<Result> {
  const row = {
    row: 'flat',
    what: `fastify-vitals, ${many} ${what}`,
    beside: `fastify-vitals, ${few} ${what}`,
    measure: 'instructions',
    unit: '× bare',
    target: { ratio: 1.01 }
  } as const
  if (!bench.callgrind) return { ...row, missing: skipped }
  const beside = await attempt(async () => await timesBare(few))
  if ('missing' in beside) return { ...row, ...beside }
  const costs = await attempt(async () => await timesBare(many))
  if ('missing' in costs) return { ...row, ...costs }
  return { ...row, ...figures(beside, costs) }

  async function timesBare (count: number): Promise<number[]> {
    const ours = await countInstructions(bench, workload(count, 'ours'))
    const bare = await countInstructions(bench, workload(count, 'bare'))
    return ratios(ours.costs, bare.costs)
  }
}
