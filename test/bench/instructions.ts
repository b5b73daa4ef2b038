import type { Bench } from './bench.js'
import { startCounted } from './callgrind.js'
import type { Workload } from './workload.js'

// V8 has optimised all of the path by then.
const warm = 50_000
const counted = 8_000

/** Instructions per unit of a workload, once for each start of its program. */
export async function countInstructions ({ apart, directory, plan, progress }: Bench, { name, open }: Workload): Promise<number[]> {
  const counts = []
  for (let start = 1; start <= plan.starts; start++) {
    progress.step(`instructions, ${name}: start ${start}`)
    const { program, work } = await open(async start => await startCounted({ ...start, under: apart }, directory))
    try {
      await work(warm)
      counts.push(await program.count(async () => await work(counted)) / counted)
    } finally {
      await program.stop()
    }
  }
  return counts
}
