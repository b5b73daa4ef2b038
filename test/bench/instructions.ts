import type { Bench } from './bench.js'
import { startCounted } from './callgrind.js'
import { spread } from './statistics.js'
import type { Workload } from './workload.js'

// V8 has optimised all of the path by then.
const warm = 50_000
const counted = 2_000
// The median of some counts leaves out those during which V8 optimised something again.
const counts = 5

/** Instructions per unit of a workload, once for each start of its program. */
export async function countInstructions ({ apart, directory, plan, progress }: Bench, { name, weight = 1, open }: Workload): Promise<number[]> {
  const costs = []
  for (let start = 1; start <= plan.starts; start++) {
    progress.step(`instructions, ${name}: start ${start}`)
    const { program, work } = await open(async start => await startCounted({ ...start, under: apart }, directory))
    try {
      await work(warm / weight)
      const found = []
      for (let i = 0; i < counts; i++) found.push(await program.count(async () => await work(counted / weight)) * weight / counted)
      costs.push(spread(found).median)
    } finally {
      await program.stop()
    }
  }
  return costs
}
