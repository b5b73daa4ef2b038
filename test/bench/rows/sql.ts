import type { Bench } from '../bench.js'
import { compareSides, compareWorkloads, stepsOf, type Side } from '../compare.js'
import { start } from '../program.js'
import type { Queries, Work } from '../programs/sql/queries.js'
import type { Result } from '../result.js'
import { queries } from '../workload.js'

/** A one-row query on `app.sql` with all of its recording on, beside bare postgres.js as it is by default. */
export async function sql (bench: Bench): Promise<Result[]> {
  const results: Result[] = []
  for (const [how, atOnce] of [['one at a time', 1], ['32 at once', 32]] as const) {
    results.push(...await compareWorkloads(bench, 'sql', queries(bench, `bare postgres.js, ${how}`, 'bare', atOnce), [
      { it: queries(bench, `fastify-vitals, ${how}`, 'ours', atOnce), target: { ratio: 1.02 } }
    ]))
  }
  return [...results, ...await crowded(bench)]
}

/** Queries of 64 callers on a pool of 10: how many there are in a second. */
async function crowded (bench: Bench): Promise<Result[]> {
  bench.progress.begin('sql', stepsOf(bench, 1))
  const row = { row: 'sql', measure: 'time', unit: 'µs' } as const
  return await compareSides(bench, row, timed(bench, 'bare postgres.js, 64 callers on 10 connections', 'bare'), [
    { it: timed(bench, 'fastify-vitals, 64 callers on 10 connections', 'ours'), target: { ratio: 1 / 1.5 } }
  ])
}

function timed (bench: Bench, name: string, file: string): Side {
  const queries = 20_000
  return {
    name,
    async open () {
      const argument = { url: await bench.database(), callSites: 1 } satisfies Queries
      const { ask, stop } = await start({ file: `sql/${file}`, argument, under: bench.apart })
      const work = async () => { await ask('work', { queries, atOnce: 64 } satisfies Work) }
      await work()
      return {
        stop,
        async round () {
          const began = performance.now()
          await work()
          return (performance.now() - began) * 1000 / queries
        }
      }
    }
  }
}
