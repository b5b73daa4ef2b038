import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { HistogramCell } from '../../src/metrics/cell.js'
import { secondsGrid } from '../../src/metrics/grid.js'
import { Memory } from '../../src/metrics/memory.js'
import { createClient } from '../../src/postgres/client/client.js'
import { payload } from '../fixtures/alertmanager.js'
import { autocannon } from '../fixtures/autocannon.js'
import { connectionCutter } from '../fixtures/connection-cutter.js'
import { parse, type Families } from '../fixtures/exposition.js'
import { leave, long, report } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { preload, startService, type Service } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const rounds = 10
const amount = long ? 1_000_000 : 10_000
const records = long ? 1e9 : 1e6
const connections = 16
const json = { 'content-type': 'application/json' }

/** One round of what is asked, with every outcome but those that clients bring about by leaving. */
const requests = [
  { method: 'GET', path: '/api/alerts?limit=5' },
  { method: 'POST', path: '/api/alerts', headers: json, body: JSON.stringify(payload()) },
  { method: 'GET', path: '/api/alerts/summary' },
  { method: 'POST', path: '/api/alerts', headers: json, body: '{"alerts": 1}' },
  { method: 'GET', path: '/api/alerts/1' },
  { method: 'GET', path: '/api/alerts/999999' },
  { method: 'GET', path: '/api/alerts?limit=none' },
  { method: 'GET', path: '/nowhere' },
  { method: 'OPTIONS', path: '/api/alerts/summary' },
  { method: 'PATCH', path: '/api/alerts' }
]

interface State {
  /** Bytes, after a garbage collection. */
  heap: number
  resident: number
  /** How many handles, timers and requests keep the process alive, by type. */
  resources: Record<string, number>
  /** How many listeners the process has, by event. */
  listeners: Record<string, number>
}

const telling = `
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const countIn = (names, name) => names.filter(each => each === name).length
  const tally = names => Object.fromEntries([...new Set(names)].sort().map(name => [name, countIn(names, name)]))
  process.on('SIGWINCH', () => {
    gc()
    const { heapUsed: heap, rss: resident } = process.memoryUsage()
    const listeners = Object.fromEntries(process.eventNames().map(name => [String(name), process.listenerCount(name)]))
    const resources = tally(process.getActiveResourcesInfo())
    process.stderr.write('STATE ' + JSON.stringify({ heap, resident, resources, listeners }) + '\\n')
  })`

async function stateOf ({ process, told }: Service): Promise<State> {
  const states = () => [...told().matchAll(/^STATE (.*)$/gm)]
  const before = states().length
  process.kill('SIGWINCH')
  await until('the service to tell its state', () => states().length > before)
  return JSON.parse(states().at(-1)?.[1] as string)
}

// Each round, too, takes as long as the machine lets it.
t.setTimeout(1_600_000)

t.test(`${amount} requests of mixed outcomes, with cuts and scrapes, leave nothing behind, and all count`, async t => {
  const { url } = await startPostgres(t)
  const service = await startService(t, {
    DATABASE_URL: url,
    LOG_LEVEL: 'silent',
    PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0',
    NODE_OPTIONS: await preload(t, telling)
  })
  const { origin } = service
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  const scrape = async (): Promise<Families> => {
    const answer = await fetch(`${origin}/metrics/`)
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`Metrics were answered with ${answer.status}: ${text}`)
    return parse(text)
  }

  const seen: Record<string, number> = {}
  let left = 0
  const cutter = connectionCutter(admin)
  async function round (): Promise<void> {
    const ended = new AbortController()
    const disturb = async (every: number, act: () => Promise<unknown>) => {
      while (!ended.signal.aborted) {
        await sleep(every, undefined, { signal: ended.signal }).catch(() => {})
        if (!ended.signal.aborted) await act()
      }
    }
    const disturbing = Promise.all([
      disturb(200, scrape),
      disturb(100, async () => {
        await leave(Number(new URL(origin).port))
        left++
      }),
      disturb(500, async () => { await until('a connection to be cut', cutter.cut) })
    ])
    const {
      requests: { total },
      statusCodeStats,
      errors,
      timeouts
    } = await autocannon({ url: origin, connections, amount: amount / rounds, requests, timeout: 60 })
    ended.abort()
    await disturbing
    t.same({ total, errors, timeouts }, { total: amount / rounds, errors: 0, timeouts: 0 })
    for (const [status, { count }] of Object.entries(statusCodeStats)) seen[status] = (seen[status] ?? 0) + count
  }

  const states: State[] = []
  for (let n = 0; n < rounds; n++) {
    await round()
    await compareCounts(t, scrape, seen, left)
    states.push(await stateOf(service))
    t.comment(`round ${n + 1} of ${rounds}`, states.at(-1))
  }

  const warm = states.slice(2)
  const { heap, resident, resources, listeners } = warm[0] as State
  for (const [type, most] of Object.entries(highest(warm.slice(0, -1).map(({ resources }) => resources)))) {
    // A connection that was cut just before a look is missing there, for it is opened again when it is needed.
    const cut = type === 'TCPSocketWrap' ? 1 : 0
    t.ok(
      (warm.at(-1)?.resources[type] ?? 0) <= most + cut,
      `${type}: ${warm.at(-1)?.resources[type] ?? 0} at the end, ${most} before`
    )
  }
  await until('no other types of handles', async () => {
    // One for a moment, such as the timer before a connection is opened again, is none that stays.
    return Object.keys((await stateOf(service)).resources).every(type => type in resources)
  })
  t.strictSame(warm.at(-1)?.listeners, listeners)
  const heapGrowth = growth(warm.map(({ heap }) => heap))
  const residentGrowth = growth(warm.map(({ resident }) => resident))
  t.ok(heapGrowth < (long ? 0.03 : 0.1), `the heap grew by ${percent(heapGrowth)} of ${mebibytes(heap)}`)
  t.ok(residentGrowth < 0.1, `resident memory grew by ${percent(residentGrowth)} of ${mebibytes(resident)}`)
  const closed = async () => (await scrape()).get('db_connections_closed_total')?.samples[0]?.value
  const cuts = cutter.count()
  await until(`${cuts} cuts to be counted`, async () => await closed() === cuts)
  t.equal(service.process.exitCode, null)

  const { 200: _, ...failed } = seen
  await report(t, '19-endurance', {
    fault: `${amount.toLocaleString('en')} requests of all outcomes, ` +
      'connections to the database cut twice a second, clients that leave, scrapes',
    requests: amount + left,
    failed: { ...failed, aborted: left },
    seen: `Every count equalled autocannon's; each of ${cuts} cuts was counted; ` +
      `after warm-up the heap changed by ${percent(heapGrowth)} of ${mebibytes(heap)} and resident memory ` +
      `by ${percent(residentGrowth)} of ${mebibytes(resident)}; no handle, timer or listener more`,
    promised: 'Counters are exact to the last request; memory is flat after warm-up'
  })
})

/** Each request is in one outcome: what was answered, by status, and what was left. */
async function compareCounts (
  t: Test,
  scrape: () => Promise<Families>,
  seen: Record<string, number>,
  left: number
): Promise<void> {
  const read = async (name: string, by: string) => {
    const counts: Record<string, number> = {}
    for (const { name: sample, labels, value } of (await scrape()).get(name)?.samples ?? []) {
      const own = labels['route']?.startsWith('/metrics') !== true
      if (own && [name, `${name}_count`].includes(sample)) {
        counts[labels[by] as string] = (counts[labels[by] as string] ??
          0) + value
      }
    }
    return counts
  }
  await until(
    'those who left to be noticed',
    async () => (await read('http_requests_aborted_total', 'route'))['/api/alerts'] === left
  )
  t.strictSame(
    await read('http_request_duration_seconds', 'status_code'),
    seen,
    'each status as often as autocannon says'
  )
  t.equal((await scrape()).get('http_requests_in_flight')?.samples[0]?.value, 1, 'nothing but the scrape is under way')
}

t.test(`${records} recorded values are counted exactly`, async t => {
  const cell = new HistogramCell(new Memory().allocate(HistogramCell.slotsFor(secondsGrid)), secondsGrid)
  const values = [0.001, 0.02, 0.3, 4]
  for (let i = 0; i < records; i++) cell.record(values[i & 3] as number)
  t.equal(cell.count, records)
  for (const value of values) {
    t.equal(cell.bucket(secondsGrid.findIndex(bound => value <= bound)), records / 4, `${value}`)
  }
  const sum = values.reduce((sum, value) => sum + value, 0) * records / 4
  t.ok(Math.abs(cell.sum / sum - 1) < 1e-8, `the sum is ${cell.sum}, and should be ${sum}`)
})

function highest (counts: Array<Record<string, number>>): Record<string, number> {
  const highest: Record<string, number> = {}
  for (const each of counts) {
    for (const [type, count] of Object.entries(each)) {
      highest[type] = Math.max(highest[type] ?? 0, count)
    }
  }
  return highest
}

/** How much values grew from the first to the last, as a share of the first, by a line through them (least squares). */
function growth (values: number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const slope = values.reduce(
    (sum, value, index) => sum + (index - middle) * (value - mean),
    0
  ) / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  return slope * (values.length - 1) / (mean - slope * middle)
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
