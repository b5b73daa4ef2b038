import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { HistogramCell, ValueCell } from '../../../src/metrics/cell.js'
import type { FastifyInstance } from 'fastify'
import { histogramsOf, keyOf, numbersOf } from '../../fixtures/exposition.js'
import { listen, measured, scrape } from '../../fixtures/http.js'
import { until } from '../../fixtures/until.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const seconds = ['nodejs_eventloop_active_seconds_total', 'nodejs_eventloop_idle_seconds_total']

async function listening (t: Test): Promise<FastifyInstance> {
  const app = await measured(t)
  await listen(app)
  return app
}

/** The runtime's numbers by their series. */
async function read (app: FastifyInstance): Promise<Record<string, number>> {
  const families = await scrape(app)
  const read: Record<string, number> = {}
  for (const name of ['nodejs_gc_duration_seconds', 'nodejs_eventloop_delay_seconds']) {
    for (const { labels, buckets, sum, count } of Object.values(histogramsOf(families.get(name)))) {
      read[keyOf(labels, `${name}_sum`)] = sum
      read[keyOf(labels, `${name}_count`)] = count
      for (const [le, value] of Object.entries(buckets)) read[keyOf({ ...labels, le }, `${name}_bucket`)] = value
    }
  }
  for (const name of seconds) read[name] = numbersOf(families.get(name))['[]'] as number
  return read
}

const majors = keyOf({ kind: 'major' }, 'nodejs_gc_duration_seconds_count')
const delays = keyOf({}, 'nodejs_eventloop_delay_seconds_count')

function block (milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

t.test('whoever scrapes sees numbers that only grow, and nothing that another has seen is missing', async t => {
  const app = await listening(t)
  const first = await read(app)
  let last = first
  for (let round = 0; round < 5; round++) {
    collect()
    await sleep(300)
    for (const scraper of ['one', 'other']) {
      const now = await read(app)
      t.strictSame(Object.keys(now), Object.keys(last))
      t.strictSame(
        Object.entries(last).filter(([series, value]) => !((now[series] as number) >= value)),
        [],
        `round ${round}, the ${scraper} scraper`
      )
      last = now
    }
  }
  for (const [what, series] of [['collections', majors], ['readings of the delay', delays]] as const) {
    await until(what, async () => ((await read(app))[series] as number) - (first[series] as number) >= 5)
  }
})

t.test('garbage collections that come close together are all counted', async t => {
  const began = performance.now()
  const app = await listening(t)
  await sleep(20)
  const before = await read(app)
  for (let index = 0; index < 20; index++) collect()
  let after = before
  await until('each to be counted', async () => {
    after = await read(app)
    return (after[majors] as number) - (before[majors] as number) >= 20
  })
  const sum = keyOf({ kind: 'major' }, 'nodejs_gc_duration_seconds_sum')
  t.ok((after[sum] as number) > (before[sum] as number))
  const passed = (performance.now() - began) / 1000
  t.ok((after[sum] as number) <= passed, `${after[sum]} s of ${passed} s`)
})

t.test('garbage collections are told apart by kind, each from the start', async t => {
  const app = await listening(t)
  const counts = async () => Object.fromEntries(
    Object.values(histogramsOf((await scrape(app)).get('nodejs_gc_duration_seconds')))
      .map(({ labels, count }) => [labels['kind'], count])
  )
  const before = await counts()
  t.strictSame(Object.keys(before).sort(), ['incremental', 'major', 'minor', 'weakcb'])
  const minor = collect as unknown as (options: { type: 'minor' }) => void
  for (let index = 0; index < 5; index++) minor({ type: 'minor' })
  await until('them to be told', async () => (await counts())['minor'] as number - (before['minor'] as number) >= 5)
})

t.test('a block of the event loop shows in its delay, among its stalls, and in its activity', async t => {
  const app = await measured(t, { observer: { stallMs: 1000 } })
  await listen(app)
  await sleep(50)
  const before = await read(app)
  block(1200)
  const stalls = async () =>
    Object.values(histogramsOf((await scrape(app)).get('nodejs_eventloop_stall_duration_seconds')))[0]
  await until('the stall', async () => (await stalls())?.count === 1)
  const { sum = 0 } = await stalls() ?? {}
  t.ok(sum >= 1 && sum < 10, `${sum} s`)
  const after = await read(app)
  const grown = (series: string) => (after[series] as number) - (before[series] as number)
  const below = keyOf({ le: '0.5' }, 'nodejs_eventloop_delay_seconds_bucket')
  t.ok(grown(delays) - grown(below) >= 1, 'a reading above 500 ms')
  t.ok(grown(keyOf({}, 'nodejs_eventloop_delay_seconds_sum')) >= 0.7)
  t.ok(grown('nodejs_eventloop_active_seconds_total') >= 1.1)
})

t.test('the time that the event loop was active or idle is all the time there was', async t => {
  const app = await measured(t)
  const { catalogue } = app.metrics
  const total = () => {
    catalogue.refresh()
    const cells = ['active', 'idle'].map(state => catalogue.instruments.get(
      `nodejs.eventloop.${state}`
    )?.series[0]?.cell as ValueCell)
    return cells.reduce((sum, { value }) => sum + value, 0)
  }
  const seconds = () => performance.now() / 1000
  const [began, before, begun] = [seconds(), total(), seconds()]
  block(50)
  await sleep(100)
  const [ending, after, ended] = [seconds(), total(), seconds()]
  const [least, counted, most] = [ending - begun, after - before, ended - began]
  t.ok(counted > least - 0.03 && counted < most + 0.03, `${counted} s, of ${least} to ${most}`)
})

t.test('what Node.js holds is told under the names of prom-client, as it was a second ago at most', async t => {
  const app = await listening(t)
  const first = await scrape(app)
  const held = 'x'.repeat(2 ** 20).split('').map(letter => ({ letter }))
  const used = (families: typeof first) => numbersOf(families.get('nodejs_heap_size_used_bytes'))['[]'] as number
  let second = first
  await until('what is held to be told', async () => {
    second = await scrape(app)
    return used(second) - used(first) > held.length * 8
  })
  t.ok((numbersOf(second.get('nodejs_heap_size_total_bytes'))['[]'] as number) >= used(second))
  t.ok((numbersOf(second.get('nodejs_external_memory_bytes'))['[]'] as number) > 0)
  const spaces = [
    'total',
    'used',
    'available'
  ].map(kind => numbersOf(second.get(`nodejs_heap_space_size_${kind}_bytes`)))
  for (const space of spaces) t.ok(keyOf({ space: 'old' }) in space)
  const [total = {}, inUse = {}] = spaces
  const sum = (of: Record<string, number>) => Object.values(of).reduce((all, each) => all + each, 0)
  t.ok(sum(total) >= sum(inUse) && Math.abs(sum(inUse) - used(second)) < 2 ** 20)
  t.ok((numbersOf(first.get('nodejs_active_resources'))[keyOf({ type: 'TCPServerWrap' })] as number) >= 1)
  t.ok((numbersOf(first.get('nodejs_active_handles'))[keyOf({ type: 'Server' })] as number) >= 1)
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
  t.strictSame(numbersOf(first.get('nodejs_version_info')), {
    [keyOf({ version: process.version, major, minor, patch })]: 1
  })
})

t.test('what Node.js holds is told whole, however few series there may be', async t => {
  const app = await measured(t, { maxSeries: 1 })
  const families = await scrape(app)
  const labelsOf = (name: string) => (families.get(name)?.samples ?? []).flatMap(({ labels }) => Object.values(labels))
  const spaces = getHeapSpaceStatistics().map(({ space_name: name }) => name.replace(/_space$/, '')).sort()
  for (const kind of ['total', 'used', 'available']) {
    t.strictSame(labelsOf(`nodejs_heap_space_size_${kind}_bytes`).sort(), spaces)
  }
  for (const name of ['nodejs_active_resources', 'nodejs_active_handles', 'nodejs_version_info']) {
    t.ok(labelsOf(name).length > 0, name)
    t.notOk(labelsOf(name).includes('__overflow__'), name)
  }
})

t.test('an app measures from listening to closing, for work before that keeps nobody waiting', async t => {
  const app = await measured(t)
  const delays = () => app.metrics.catalogue.instruments.get('nodejs.eventloop.delay')?.series[0]?.cell as HistogramCell
  block(600)
  await sleep(300)
  t.equal(delays().count, 0)
  await listen(app)
  await until('two beats', () => delays().count >= 2)
  await app.close()
  const before = delays().count
  await sleep(600)
  t.equal(delays().count, before)
})
