import { cpus } from 'node:os'
import { join } from 'node:path'
import { describe, everyFilter } from '../../fixtures/filters.js'
import type { Filter } from '../../../src/journal/schema.js'
import type { Bench } from '../bench.js'
import { attempt } from '../compare.js'
import type { Databases } from '../programs/journal/database.js'
import type { Asked, Posted, Reading } from '../programs/journal/client.js'
import { start, type Program } from '../program.js'
import type { Result } from '../result.js'
import { ratios, spread } from '../statistics.js'

type Journal = 'many' | 'few'

/** Asked for by those who read while others write. */
const read = ['', '?status=firing', '?severity=critical', '?label=region%3Dr1', '?name=Alert7&status=resolved']
const dayMs = 86_400_000
/** How many of the slowest lists are asked again. */
const again = 10

/**
 * What people and Alertmanagers wait for a journal of millions of alerts, beside one of a thousandth of them. Unlike
 * the other rows, all of it, PostgreSQL included, has all cores, and times count.
 */
export async function journal (bench: Bench): Promise<Result[]> {
  const quick = bench.plan.starts === 1
  const alerts = quick ? { many: 1_000_000, few: 1000 } : { many: 4_000_000, few: 4000 }
  const filters = everyFilter().filter((_, index) => !quick || index % 10 === 0)
  const rounds = bench.plan.rounds * bench.plan.starts
  bench.progress.begin('journal', filters.length + again + 7)
  const under = bench.apart.length > 0 ? ['taskset', '-c', `0-${cpus().length - 1}`] : []
  bench.progress.step(`making ${alerts.many} alerts`)
  const database = await start({
    file: 'journal/database',
    under,
    argument: { dataDir: join(bench.directory, 'journal'), alerts } satisfies Databases
  })
  const programs: Program[] = []
  try {
    const urls = await database.ask<Record<Journal, string>>('urls')
    const begin = async (file: string, argument = {}) => {
      const program = await start({ file, under, argument })
      programs.push(program)
      return program
    }
    const client = await begin('journal/client')
    const port = { many: 0, few: 0 }
    for (const name of ['many', 'few'] as const) {
      port[name] = await (await begin('alerts/ours', {
        url: urls[name],
        staleAfterSeconds: 0
      })).ask<number>('port')
    }

    const both = async (times: number, measure: (port: number) => Promise<number>) => {
      const found: Record<Journal, number[]> = { many: [], few: [] }
      for (let round = 0; round < times; round++) {
        for (const name of round % 2 === 0
          ? ['many', 'few'] as const
          : ['few', 'many'] as const) found[name].push(await measure(port[name]))
      }
      return found
    }
    const result = async (
      what: string,
      most: number,
      measure: () => Promise<Record<Journal, number[]> & { filter?: Filter }>
    ): Promise<Result> => {
      bench.progress.step(what)
      const found = await attempt(measure)
      const named = {
        row: 'journal',
        what,
        beside: `${alerts.few.toLocaleString('en')} alerts`,
        measure: 'time',
        unit: 'ms',
        target: { most }
      } as const
      if ('missing' in found) return { ...named, ...found }
      const { median, quartiles } = spread(ratios(found.many, found.few))
      return {
        ...named,
        ...found.filter && { what: `${what}: ${describe(found.filter)}` },
        cost: spread(found.many).median,
        costBeside: spread(found.few).median,
        ratio: median,
        quartiles
      }
    }
    const get = (path: string) =>
      async (port: number) => await client.ask<number>('ask', { port, path } satisfies Asked)
    const of = `of ${alerts.many.toLocaleString('en')} alerts`

    const lists = async (filters: Filter[], times: number) => {
      const found: Array<Record<Journal, number[]> & { filter: Filter }> = []
      for (const filter of filters) {
        bench.progress.step(`list: ${describe(filter)}`)
        found.push({ filter, ...await both(times, get(query(filter))) })
      }
      return found.sort((one, other) => spread(other.many).median - spread(one.many).median)
    }
    // What was slow may have met something else, as a checkpoint, so that the slowest are asked again.
    const slowest = async () => {
      const candidates = (await lists(filters, 3)).slice(0, again).map(({ filter }) => filter)
      return (await lists(candidates, rounds))[0] as Record<Journal, number[]>
    }
    const whileRead = async (count: number) => {
      const found: Record<Journal, number[]> = { many: [], few: [] }
      for (const name of ['many', 'few'] as const) {
        await client.ask('read', { port: port[name], paths: read, readers: 10 } satisfies Reading)
        for (let round = 0; round < rounds; round++) {
          found[name].push(await client.ask<number>('post', { port: port[name], alerts: count } satisfies Posted))
        }
        await client.ask('rest')
      }
      return found
    }
    const day = (ago: number) => `/summary?from=${iso(ago)}&to=${iso(ago - 1)}`
    return [
      await result(`a list ${of}, the slowest of ${filters.length} combinations of filters`, 50, slowest),
      await result(`the summary of a day ${of}`, 100, async () => await both(rounds, get(day(180)))),
      await result(`the summary of everything ${of}, kept for a while`, 500, async () => {
        await both(1, get('/summary'))
        return await both(rounds, get('/summary'))
      }),
      await result(`POST of 1 new alert to ${of.slice(3)}, while 10 readers read`, 20, async () => await whileRead(1)),
      await result(
        `POST of 100 new alerts to ${of.slice(3)}, while 10 readers read`,
        60,
        async () => await whileRead(100)
      ),
      await result(
        `POST of 1,000 new alerts to ${of.slice(3)}, while 10 readers read`,
        500,
        async () => await whileRead(1000)
      )
    ]
  } finally {
    for (const program of programs) await program.stop()
    await database.ask('end')
    await database.stop()
  }
}

function query (filter: Filter): string {
  const pairs = Object.entries(filter).flatMap(([name, value]) => [value].flat().map(one => [name, String(one)]))
  return `?${new URLSearchParams(pairs as Array<[string, string]>)}`
}

function iso (daysAgo: number): string {
  return new Date(Date.now() - daysAgo * dayMs).toISOString()
}
