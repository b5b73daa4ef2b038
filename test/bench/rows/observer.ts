import { setTimeout as sleep } from 'node:timers/promises'
import type { Measured } from '../alternate.js'
import type { Bench } from '../bench.js'
import { compareSides, stepsOf, type Side } from '../compare.js'
import { anyCore } from '../cores.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import type { Load } from '../programs/load.js'
import type { Observed } from '../programs/observer/app.js'
import type { Scrapes } from '../programs/observer/scrapers.js'
import type { Users } from '../programs/observer/users.js'
import { start, type Program } from '../program.js'
import type { Result } from '../result.js'

/** Milliseconds from one scrape to the next. */
const everyMs = 50
const scrapes = 20

/** Part of what the service can take that it is asked for: in production nobody waits at saturation. */
const usualLoad = 0.25
const loadSeconds = 2

/** Scrapers are on another machine in truth, so that they get what those that are measured leave. */
const elsewhere = ['nice', '-n', '19']

interface Opened {
  app: Program
  scraper: Program
  users: Program
  ports: { main: number, scraped: number }
}

type Measure = (opened: Opened) => Promise<number>

/**
 * What the observer's thread costs: main, for each scrape; requests, that are served meanwhile; and memory, on each
 * Node.js.
 */
export async function observer (bench: Bench): Promise<Result[]> {
  const starts = 2 * bench.plan.starts
  bench.progress.begin(
    'observer',
    4 * stepsOf(bench, 1) + stepsOf({ ...bench, plan: { ...bench.plan, rounds: 2 * bench.plan.rounds } }, 1) +
      bench.nodes.length * stepsOf({ ...bench, plan: { ...bench.plan, starts, rounds: 1 } }, 1)
  )
  return [
    ...await onMain(bench, '14000 series', { series: 14_000 }),
    ...await onMain(bench, '140000 series', { series: 140_000 }),
    ...await onMain(bench, '14000 series and a pool', { series: 14_000, url: await bench.database() }),
    ...await onMain(bench, '14000 series and one of prom-client', { series: 14_000, client: true }),
    ...await latency(bench),
    ...await onEachNode(bench, 'observer', async node => await memory(bench, node))
  ]
}

/** What main does for a scrape, beside what it does in that time by itself. */
async function onMain (bench: Bench, held: string, argument: Omit<Observed, 'observer'>): Promise<Result[]> {
  const each = (during: (opened: Opened) => Promise<unknown>): Measure => async opened => {
    const before = await opened.app.ask<number>('onMain')
    await during(opened)
    return (await opened.app.ask<number>('onMain') - before) / scrapes
  }
  const row = { row: 'observer', measure: 'CPU', unit: 'ms' } as const
  const options = { ...argument, observer: true }
  return await compareSides(bench, row, side(
    bench,
    `main while nobody scrapes, ${held}`,
    options,
    each(async () => { await sleep(scrapes * everyMs) })
  ), [{
    it: side(
      bench,
      `main for each scrape, ${held}`,
      options,
      each(async ({ scraper, ports }) => {
        await scraper.ask('scrape', { port: ports.scraped, count: scrapes, everyMs } satisfies Scrapes)
      })
    ),
    target: { difference: 0.2 }
  }])
}

/** The 99th percentile of requests at a usual load, beside two scrapers and without them. */
async function latency (bench: Bench): Promise<Result[]> {
  const wide = { ...bench, apart: anyCore(), plan: { ...bench.plan, rounds: 2 * bench.plan.rounds } }
  const options = { observer: true, series: 14_000 }
  const perSecond = usualLoad * await mostPerSecond(wide, options)
  const load = async ({ users, ports }: Opened) =>
    await users.ask<number>('ask', { port: ports.main, perSecond, seconds: loadSeconds } satisfies Users)
  return await compareSides(wide, {
    row: 'observer',
    measure: 'p99',
    unit: 'ms'
  }, side(wide, 'requests while nobody scrapes', options, load), [{
    it: side(wide, 'requests beside two scrapers at 20/s', options, async opened => {
      const { scraper, ports } = opened
      await scraper.ask('begin', { port: ports.scraped, everyMs, scrapers: 2 })
      return await load(opened).finally(async () => { await scraper.ask('end') })
    }),
    target: { ratio: 1.02 }
  }])
}

async function mostPerSecond ({ apart, load }: Bench, argument: Observed): Promise<number> {
  const app = await start({ file: 'observer/app', argument, under: apart })
  try {
    const { main: port } = await app.ask<Opened['ports']>('ports')
    const ask = async (requests: number) =>
      await load.ask('load', { port, paths: ['/'], requests, connections: 8, seconds: 120 } satisfies Load)
    await ask(10_000)
    const began = performance.now()
    await ask(20_000)
    return 20_000 / (performance.now() - began) * 1000
  } finally {
    await app.stop()
  }
}

async function memory (bench: Bench, node: NodeJs): Promise<Result[]> {
  const once = { ...bench, plan: { ...bench.plan, starts: 2 * bench.plan.starts, rounds: 1 } }
  const scraped: Measure = async ({ app, scraper, ports }) => {
    await scraper.ask('scrape', { port: ports.scraped, count: scrapes, everyMs } satisfies Scrapes)
    return await app.ask<number>('resident') / 2 ** 20
  }
  const one = (name: string, observer: boolean) => side(once, name, { observer, series: 1400 }, scraped, node)
  const difference = node.version.startsWith('v20.') ? 15 : 35
  return await compareSides(
    once,
    { row: 'observer', node: node.version, measure: 'memory', unit: 'MiB' },
    one('rendering on main', false),
    [{ it: one('with the thread', true), target: { difference } }]
  )
}

function side ({ apart }: Bench, name: string, options: Observed, measure: Measure, node?: NodeJs): Side {
  return {
    name,
    async open (): Promise<Measured> {
      const app = await start({ file: 'observer/app', argument: options, under: apart, ...node && { node: node.path } })
      const scraper = await start({ file: 'observer/scrapers', under: elsewhere })
      const users = await start({ file: 'observer/users' })
      const stop = async () => { await Promise.all([app.stop(), scraper.stop(), users.stop()]) }
      try {
        const ports = await app.ask<Opened['ports']>('ports')
        // Until V8 has optimised it.
        await scraper.ask('scrape', { port: ports.scraped, count: 2 * scrapes, everyMs: 10 } satisfies Scrapes)
        return { stop, round: async () => await measure({ app, scraper, users, ports }) }
      } catch (error) {
        await stop()
        throw error
      }
    }
  }
}
