import type { NextTickState } from '../fixtures/next-tick.js'
import type { Costs } from './alternate.js'
import type { Bench } from './bench.js'
import { startCounted } from './callgrind.js'
import type { Workload } from './workload.js'
const counted = 2_000
// V8 now and then optimises something again, or tries to: it never gets done with postgres.js' Result, and tries that
// one twice in each other count. It only ever adds instructions, so the least of some counts is what the path itself
// takes.
const counts = 8

/**
 * Counts the instructions per unit of a workload, once for each start of its program. How long it takes to look a name
 * up in a dictionary is luck, by its hash, and 1 % of a query of postgres.js: so what is compared has the same seed for
 * its hashes, and each start another.
 */
export async function countInstructions (
  { apart, directory, plan, progress }: Bench,
  { name, weight = 1, warm = 50_000, open }: Workload
): Promise<Costs> {
  const all: Costs = { costs: [], nextTick: [] }
  for (let start = 1; start <= plan.counts; start++) {
    progress.step(`instructions, ${name}: start ${start}`)
    const { program, work } = await open(
      async ({ flags = [], ...options }) =>
        await startCounted({ ...options, flags: [...flags, `--hash-seed=${start}`], under: apart }, directory),
      start
    )
    try {
      await work(warm)
      const found = []
      for (let i = 0; i < counts; i++) {
        found.push(await program.count(async () => await work(counted / weight)) * weight / counted)
      }
      all.costs.push(Math.min(...found))
      await program.endCounting()
      all.nextTick.push(await program.ask<NextTickState>('nextTick'))
    } finally {
      await program.stop()
    }
  }
  return all
}
