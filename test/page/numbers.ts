import t from 'tap'
import { build } from '../fixtures/app.js'
import { startPostgres } from '../fixtures/postgres.js'
import { unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'
import { createExpositionReader } from '../../src/page/client/data/exposition.js'
import { histogramOf, quantile, since } from '../../src/page/client/data/histogram.js'
import {
  addLines,
  addPoint,
  emptyHistory,
  keptSeconds,
  packHistory,
  unpackHistory
} from '../../src/page/client/data/history.js'
import { shedBurst, withHappenings } from '../../src/page/client/data/happening.js'
import { incidentsOf, pointOf } from '../../src/page/client/data/point.js'
import { rank } from '../../src/page/client/data/ranking.js'
import { readingOf } from '../../src/page/client/data/reading.js'
import { rowsOf, ticksOf } from '../../src/page/client/journal/lanes.js'
import type { Alert } from '../../src/page/client/data/alert.js'

const read = createExpositionReader()

t.test('an exposition is read with its labels, whatever is in them, and its special numbers', async t => {
  const text = '# HELP a b\n# TYPE a gauge\na{x="1",y="a \\"b\\" \\\\ \\n {c}, d=\\"e\\""} +Inf\n' +
    'a{x="2"} -1.5e-3 1700000000\nb 7\nc{} 1\n# EOF\n'
  for (let n = 0; n < 2; n++) {
    const exposition = read(text)
    t.strictSame(
      exposition.get('a'),
      [{ labels: { x: '1', y: 'a "b" \\ \n {c}, d="e"' }, value: Infinity }, { labels: { x: '2' }, value: -0.0015 }]
    )
    t.strictSame(exposition.get('b'), [{ labels: {}, value: 7 }])
  }
})

t.test('quantiles are those of PromQL', async t => {
  const text = (counts: number[], sum: number) =>
    ['0.1', '0.5', '+Inf'].map(
      (le, index) => `h_bucket{le="${le}"} ${counts[index]}\n`
    ).join('') + `h_sum ${sum}\nh_count ${counts[2]}\n`
  const before = histogramOf(read(text([10, 10, 10], 1)), 'h')
  const now = histogramOf(read(text([12, 18, 20], 4)), 'h')
  t.ok(before !== undefined && now !== undefined)
  if (before === undefined || now === undefined) return
  const between = since(before, now)
  t.match(between, { cumulative: [2, 8, 10], sum: 3, count: 10 })
  // 0.1 + 0.4 * (5 - 2) / 6
  t.equal(quantile(0.5, between)?.toFixed(6), '0.300000')
  t.equal(quantile(0.1, between), 0.05)
  t.equal(quantile(0.99, between), 0.5, 'the last bound, when it is beyond')
  t.equal(quantile(0.5, since(now, now)), null, 'none when nothing was counted')
  t.equal(since(now, before), before, 'counts that went back are of another process')
})

const naming = (names: string) => t.test(`a service that serves ${names} names is read`, async t => {
  const { url } = await startPostgres(t)
  const app = await build(t, { ...unhurried, DATABASE_URL: url, METRICS_NAMES: names })
  const scrape = async (at: number) => readingOf(read((await app.inject('/metrics')).body), at)
  const before = await scrape(100)
  for (let n = 0; n < 20; n++) await app.inject('/api/alerts')
  for (let n = 0; n < 5; n++) await app.inject('/health')
  let now = before
  let point = pointOf(before, now, before)
  // What the event loop did is told once a second at most.
  await until('the event loop to be told of anew', async () => {
    now = await scrape(110)
    point = pointOf(before, now, before)
    return Number(point.utilization) > 0
  })
  t.equal(point.answered, 2, 'twenty in ten seconds, without probes and scrapes')
  t.equal(point.failed, 0)
  for (const column of [
    'p50',
    'p95',
    'p99',
    'heapUsed',
    'resident',
    'cpu',
    'utilization',
    'executing95'
  ] as const) t.ok(Number(point[column]) > 0, column)
  // django-prometheus has no such number.
  t.equal(now.connections.has('idle'), names !== 'django')
  t.ok(
    now.checks.has('database') && now.version !== undefined && now.node === process.version && now.phase === 'running'
  )
  const [worst] = rank(before.routes, now.routes, 10, 'rate')
  t.match(worst, { kind: 'GET', name: /^\/api\/alerts/, rate: 2, errors: 0 })
  t.ok([...now.queries.values()].some(({ name }) => name === (names === 'django' ? 'default' : 'list_alerts')))
})
for (const names of ['fastify', 'otel', 'django', 'django,fastify,otel']) naming(names)

t.test('shed requests are told apart from failed ones, and a stall from delays', async t => {
  const text = (shed: number, errors: number, slow: number) =>
    `http_request_duration_seconds_count{method="GET",route="/",status_code="503"} ${errors}
http_requests_shed_total{reason="event_loop_delay"} ${shed}
nodejs_eventloop_delay_seconds_bucket{le="0.5"} 100
nodejs_eventloop_delay_seconds_bucket{le="+Inf"} ${100 + slow}
nodejs_eventloop_delay_seconds_sum ${0.1 + slow * 3}
nodejs_eventloop_delay_seconds_count ${100 + slow}
`
  const before = readingOf(read(text(0, 0, 0)), 0)
  const now = readingOf(read(text(30, 40, 1)), 10)
  t.match(pointOf(before, now, before), { failed: 1, shed: 3 })
  t.strictSame(incidentsOf(before, now), { shed: 30, stalled: 3 })
  t.strictSame(incidentsOf(now, now), { shed: 0, stalled: 0 })
})

t.test('a history drops what is too old, and survives being kept', async t => {
  const history = emptyHistory()
  for (let at = 0; at <= keptSeconds + 100; at += 50) addPoint(history, at, null)
  t.equal(history.times[0], 100)
  addLines(history, 1, new Map([['GET\n/', 1.23456], ['gone', 1]]))
  for (let n = 0; n < 70; n++) addLines(history, n, new Map([['GET\n/', n]]))
  t.strictSame(Object.keys(history.lines), ['GET\n/'])
  t.equal(history.lines['GET\n/']?.length, 60)
  const kept = unpackHistory(packHistory(history), keptSeconds + 120)
  t.strictSame(kept?.times.slice(0, -1), history.times.slice(1), 'with a gap at its end')
  for (const text of [
    '',
    '{}',
    'null',
    '{"times":[1],"values":{},"lines":{}}'
  ]) t.equal(unpackHistory(text, 1), undefined, text)
})

t.test('shedding without calm between is one burst', async t => {
  const first = shedBurst([], 0, 2, 10)
  const second = shedBurst([first], 8, 10, 5)
  t.match(second, { key: first.key, from: 0, until: 10, count: 15 })
  t.equal(shedBurst([second], 30, 32, 1).from, 30)
  t.strictSame(
    withHappenings([first], [second, shedBurst([second], 30, 32, 1)]).map(({ from, until }) => [from, until]),
    [[0, 10], [30, 32]]
  )
})

t.test('alerts of a name that overlap lie below each other, and those that fire come first', async t => {
  const minute = (n: number) => new Date(n * 60_000).toISOString()
  const episode = (name: string, began: number, ended: number | null, id: string) => (
    {
      id,
      name,
      status: ended === null ? 'firing' : 'resolved',
      startsAt: minute(began),
      endsAt: ended === null ? null : minute(ended)
    }) as Alert
  const rows = rowsOf(
    [episode('A', 0, 10, '1'), episode('A', 5, 15, '2'), episode('A', 11, 20, '3'), episode('B', 50, null, '4')],
    0,
    60 * 60_000
  )
  t.strictSame(rows.map(({ name, lanes }) => [name, lanes]), [['B', 1], ['A', 2]])
  t.strictSame(rows[1]?.bars.map(({ alert, lane }) => [alert.id, lane]), [['1', 0], ['2', 1], ['3', 0]])
  t.match(rows[0]?.bars[0], { left: 50 / 60, width: 1 - 50 / 60 })
  t.ok(ticksOf(0, 86_400_000, 7).length <= 7)
})
