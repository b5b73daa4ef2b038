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
 * Counts the instructions per unit of a workload, once for each start of its program. Two things of V8's are luck, and
 * 1 to 3 % of what is counted: how long it takes to look a name up in a dictionary, by its hash; and what it puts
 * inline, by what it has seen when it compiles. So each start draws another lot of both, and what is compared the same
 * ones.
 */
export async function countInstructions (
  { apart, directory, plan, progress }: Bench,
  { name, node, weight = 1, warm = 50_000, open }: Workload
): Promise<Costs> {
  const all: Costs = { costs: [], nextTick: [] }
  for (let start = 1; start <= plan.counts; start++) {
    progress.step(`instructions, ${name}: start ${start}`)
    const { program, work } = await open(
      async ({ flags = [], ...options }) =>
        await startCounted(
          { ...options, flags: [...flags, ...lotsOf(start, node?.version)], under: apart },
          directory
        ),
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

// Flags for V8: the seed of its hashes, and when it compiles, 20 % earlier to 20 % later than by default.
function lotsOf (start: number, version = process.version): string[] {
  const when = 0.8 + 0.1 * ((start - 1) % 5)
  return [
    `--hash-seed=${start}`,
    version.startsWith('v20.')
      ? `--interrupt-budget=${Math.round(67_584 * when)}`
      : `--invocation-count-for-turbofan=${Math.round(3_000 * when)}`
  ]
}
