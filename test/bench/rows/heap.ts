import type { Bench } from '../bench.js'
import { compareSides, stepsOf, type Side } from '../compare.js'
import { allocation } from '../allocation.js'
import type { Result } from '../result.js'
import { requests } from '../workload.js'

/** Heap that a request allocates with all HTTP recording on, beside bare Fastify. */
export async function heap (bench: Bench): Promise<Result[]> {
  const side = (name: string, file: string): Side => ({ name, open: async () => await allocation(bench, requests(bench, name, file)) })
  bench.progress.begin('heap', stepsOf(bench, 1))
  return await compareSides(bench, { row: 'heap', measure: 'allocated', unit: 'bytes' }, side('bare Fastify', 'bare'), [
    { it: side('fastify-vitals', 'ours'), target: { difference: 64 } }
  ])
}
