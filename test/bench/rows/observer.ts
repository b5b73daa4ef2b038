import { setTimeout as sleep } from 'node:timers/promises'
import type { Measured } from '../alternate.js'
import type { Bench } from '../bench.js'
import { attempt, compareSides, stepsOf, type Side } from '../compare.js'
import { goingFirst, pinMain } from '../cores.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import type { Observed, Wakes } from '../programs/observer/app.js'
import type { Scrapes } from '../programs/observer/scrapers.js'
import type { Seen, Users } from '../programs/observer/users.js'
import { start, type Program } from '../program.js'
import type { Result } from '../result.js'
import { compareQuantiles } from '../statistics.js'

/** Milliseconds from one scrape to the next. */
const everyMs = 50
const scrapes = 20
/** Scrapes until V8 has optimised what main does for each, where it is asked for each; and where it is not. */
const [manyFirst, fewFirst] = [2000, 40]

/** Few of those that the service can take: in production nobody waits at saturation. */
const perSecond = 1000
const windowSeconds = 1.2
/** Windows of each kind, and of a quick run. */
const [windows, fewWindows] = [160, 4]
/** Milliseconds that users may come late to ask. What they see in a window where they are later says nothing. */
const latestMs = 10
/** Times that a window is taken again before it counts in spite of that. */
const again = 5
/** Starts of each for its memory. */
const memoryStarts = 5

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
  bench.progress.begin(
    'observer',
    5 * stepsOf(bench, 1) + windowsOf(bench) + bench.nodes.length * stepsOf(forMemory(bench), 1)
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
  const nobody = each(async () => { await sleep(scrapes * everyMs) })
  const scraping = each(async ({ scraper, ports }) => {
    await scraper.ask('scrape', { port: ports.scraped, count: scrapes, everyMs } satisfies Scrapes)
  })
  const waking = each(async ({ app }) => { await app.ask('wake', { count: scrapes, everyMs } satisfies Wakes) })
  const one = (name: string, measure: Measure) => side(bench, `${name}, ${held}`, options, measure)
  return await compareSides(bench, row, one('main while nobody scrapes', nobody), [
    { it: one('main for each scrape', scraping), target: { difference: 0.2 } },
    // What a scrape costs at the least where main is asked.
    ...options.client === true ? [{ it: one('main for each timer that does nothing', waking) }] : []
  ])
}

/**
 * The 99th percentile of requests beside two scrapers and without them, and without them once more, which shows how
 * much of a difference means something. Main has a core of its own; all others share another one, on which the users go
 * first. So they see how late main is and nothing else, whatever the machine does besides. It is one process at all
 * times, in short windows, whose requests are taken together.
 */
async function latency (bench: Bench): Promise<Result[]> {
  const kinds = ['nobody', 'nobody again', 'scrapers'] as const
  const found = await attempt(async () => await opening({ observer: true, series: 14_000 }, async opened => {
    const { app, scraper, users, ports } = opened
    await pinMain(bench.apart, app.pid)
    const load = async (seconds = windowSeconds) =>
      await users.ask<Seen>('ask', { port: ports.main, perSecond, seconds } satisfies Users)
    const beside: typeof load = async seconds => {
      await scraper.ask('begin', { port: ports.scraped, everyMs, scrapers: 2 })
      await sleep(everyMs)
      return await load(seconds).finally(async () => { await scraper.ask('end') })
    }
    const took: Record<typeof kinds[number], number[][]> = { nobody: [], 'nobody again': [], scrapers: [] }
    for (const first of [load, beside]) await first(5)
    for (let window = 0; window < windowsOf(bench); window++) {
      bench.progress.step(`p99, window ${window + 1}`)
      // In each order in turn.
      const order = kinds.map((_, place) => kinds[(window % 2 === 0 ? place + window : 2 * window - place) % 3])
      for (const kind of order as typeof kinds[number][]) {
        took[kind].push(await undisturbed(kind === 'scrapers' ? beside : load))
      }
    }
    return took
  }))
  const named = { row: 'observer', measure: 'p99', unit: 'ms', beside: 'requests while nobody scrapes' } as const
  const of = (kind: typeof kinds[number]) =>
    'missing' in found ? found : compareQuantiles(found[kind], found.nobody, 0.99)
  return [
    { ...named, what: 'requests while nobody scrapes, once more', ...of('nobody again') },
    { ...named, what: 'requests beside two scrapers at 20/s', ...of('scrapers'), target: { ratio: 1.02 } }
  ]
}

/** What users saw in a window in which the machine did not stop, which they notice by coming late themselves. */
async function undisturbed (window: () => Promise<Seen>): Promise<number[]> {
  for (let times = 0; ; times++) {
    await sleep(2 * everyMs)
    const { took, late } = await window()
    if (late <= latestMs || times === again) return took
  }
}

function windowsOf ({ quick }: Bench): number {
  return quick ? fewWindows : windows
}

function forMemory (bench: Bench): Bench {
  return { ...bench, plan: { ...bench.plan, starts: bench.quick ? 1 : memoryStarts, rounds: 1 } }
}

async function memory (bench: Bench, node: NodeJs): Promise<Result[]> {
  const once = forMemory(bench)
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

function side (bench: Bench, name: string, options: Observed, measure: Measure, node?: NodeJs): Side {
  return {
    name,
    open: async () => {
      const { stop, ...opened } = await open(options, bench.apart, node)
      return { stop, round: async () => await measure(opened) }
    }
  }
}

async function opening<T> (options: Observed, use: (opened: Opened) => Promise<T>): Promise<T> {
  const { stop, ...opened } = await open(options)
  return await use(opened).finally(stop)
}

async function open (options: Observed, under: string[] = [], node?: NodeJs): Promise<Opened & Pick<Measured, 'stop'>> {
  const app = await start({ file: 'observer/app', argument: options, under, ...node && { node: node.path } })
  const scraper = await start({ file: 'observer/scrapers', under: elsewhere })
  const users = await start({ file: 'observer/users', under: await goingFirst() })
  const stop = async () => { await Promise.all([app.stop(), scraper.stop(), users.stop()]) }
  try {
    const ports = await app.ask<Opened['ports']>('ports')
    const count = options.client === true ? manyFirst : fewFirst
    await scraper.ask('scrape', { port: ports.scraped, count, everyMs: 1 } satisfies Scrapes)
    return { app, scraper, users, ports, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
