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

/**
 * Queries of 64 callers on a pool of 10, so that some always wait, as in a saturated service. The longer they do, the
 * slower the driver becomes: its list of waiting queries is made anew only when nothing waits.
 */
async function crowded (bench: Bench): Promise<Result[]> {
  bench.progress.begin('sql', stepsOf(bench, 2))
  const row = { row: 'sql', measure: 'time', unit: 'µs' } as const
  const results: Result[] = []
  for (const [queries, target] of [[20_000, undefined], [100_000, { ratio: 1 / 1.5 }]] as const) {
    const how = `64 callers on 10 connections, ${queries.toLocaleString('en')} queries without a rest`
    const it = timed(bench, `fastify-vitals, ${how}`, 'ours', queries)
    results.push(
      ...await compareSides(
        bench,
        row,
        timed(bench, `bare postgres.js, ${how}`, 'bare', queries),
        [{ it, ...target && { target } }]
      )
    )
  }
  return results
}

function timed (bench: Bench, name: string, file: string, queries: number): Side {
  return {
    name,
    async open () {
      const argument = { url: await bench.database(), callSites: 1 } satisfies Queries
      const { ask, stop } = await start({ file: `sql/${file}`, argument, under: bench.apart })
      const work = async (queries: number) => { await ask('work', { queries, atOnce: 64 } satisfies Work) }
      await work(20_000)
      return {
        stop,
        async round () {
          const began = performance.now()
          await work(queries)
          return (performance.now() - began) * 1000 / queries
        }
      }
    }
  }
}
