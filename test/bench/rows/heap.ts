import type { Bench } from '../bench.js'
import { compareSides, stepsOf, type Side } from '../compare.js'
import { allocation } from '../allocation.js'
import type { Plugin } from '../programs/http/fastify.js'
import type { Result } from '../result.js'
import { plugins } from '../workload.js'

/** Heap that a request allocates with all HTTP recording on, beside bare Fastify. */
export async function heap (bench: Bench): Promise<Result[]> {
  const here = { path: process.execPath, version: process.version }
  const side = (name: string, names: Plugin[]): Side => ({
    name,
    open: async nth => await allocation(bench, plugins(bench, names, here), nth)
  })
  bench.progress.begin('heap', stepsOf(bench, 1))
  return await compareSides(bench, { row: 'heap', measure: 'allocated', unit: 'bytes' }, side('bare Fastify', []), [
    { it: side('fastify-vitals', ['metrics']), target: { difference: 64 } }
  ])
}
