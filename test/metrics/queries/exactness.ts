import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient } from '../../../src/postgres/client/client.js'
import { contextIsCheap } from '../../../src/metrics/queries/request-context.js'
import { asking, ways, type Way } from '../../fixtures/asking.js'
import { autocannon } from '../../fixtures/autocannon.js'
import { long } from '../../fixtures/faults.js'
import { finishedOf } from '../../fixtures/http.js'
import { countBy } from '../../fixtures/measured.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

const some = long ? 10_000 : 3000
const most = long ? 50_000 : 3000
const amounts: Partial<Record<Way, number>> = contextIsCheap ? { async: most, request: some } : { request: most }

for (const [way, amount] of Object.entries(amounts) as Array<[Way, number]>) {
  t.test(`after ${amount} requests, known by ${way}, what routes asked is what PostgreSQL was asked`, async t => {
    await compare(t, way, amount)
  })
}

async function compare (t: Test, attribute: Way, amount: number) {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create extension pg_stat_statements`
  await admin`select pg_stat_statements_reset()`

  const sqlOf = ways[attribute]
  const { app, read, listen } = await asking(t, { url, poolSize: 4 }, { attribute, nPlusOne: 0 })
  app.get('/none', async () => 'nothing')
  app.get('/one', async request => await sqlOf(request)`/* one */ select 1 as one`)
  app.get('/some/:count', async request => {
    const count = Number((request.params as { count: string }).count)
    for (let n = 0; n < count; n++) await sqlOf(request)`/* some */ select ${n}::int as a, 2 as some`
    return 'some'
  })
  app.get('/fails', async request => await sqlOf(request)`/* fails */ select 1 / ${0}::int as a, 2 as b, 3 as fails`)
  app.post('/moves', async request => await sqlOf(request).begin(async sql => {
    await sql`/* moves */ select 1 as a, 2 as b, 3 as c, 4 as moves`
    return 'moved'
  }))
  app.get(
    '/left',
    { config: { metrics: false } },
    async request => await sqlOf(request)`/* left */ select 1 as a, 2 as b, 3 as c, 4 as d, 5 as left_out`
  )
  app.get('/forgets', async request => {
    // Asked in time, and ended perhaps later; asked too late.
    sqlOf(request)`/* forgotten */ select pg_sleep(0.001), 1 as forgotten`.execute()
    const sql = sqlOf(request)
    sleep(20).then(async () => await sql`/* late */ select pg_sleep(0), 1 as a, 2 as late`).catch(() => {})
    return 'forgotten'
  })

  const requests = [
    'GET /none',
    'GET /one',
    'GET /some/3',
    'POST /moves',
    'GET /none',
    'GET /fails',
    'GET /some/0',
    'GET /one',
    'GET /left',
    'GET /nowhere',
    'GET /forgets',
    'GET /some/2'
  ]
    .map(text => text.split(' ') as [string, string])
    .map(([method, path]) => ({ method, path }))
  const { requests: { sent }, errors } = await autocannon({ url: await listen(), connections: 16, amount, requests })
  t.match({ sent, errors }, { sent: amount, errors: 0 })
  await app.sql`/* own */ select 'nobody' as nobody`

  const finished = finishedOf(app)
  const times = (series: string) => finished[series] ?? 0
  const queries = () => countBy(app.metrics.catalogue, 'db.query.wait', 'query')
  await until('all to be recorded', () => queries()['late'] === times('GET /forgets 200') &&
    read('http.server.db.queries', { route: '/forgets' }).count === times('GET /forgets 200'))

  const asked: Record<string, [requests: number, queries: number]> = {
    '/one': [times('GET /one 200'), times('GET /one 200')],
    '/fails': [times('GET /fails 500'), times('GET /fails 500')],
    '/moves': [times('POST /moves 200'), 3 * times('POST /moves 200')],
    '/forgets': [times('GET /forgets 200'), times('GET /forgets 200')]
  }
  t.equal(
    Object.values(finished).reduce((sum, count) => sum + count),
    amount - read('db.query.wait', { query: 'left' }).count
  )
  for (const [route, [count, sum]] of Object.entries(asked)) {
    t.ok(count > amount / 20, `${count} × ${route}`)
    t.match(read('http.server.db.queries', { route }), { count, sum }, route)
    for (const name of ['execution', 'wait']) t.equal(read(`http.server.db.${name}`, { route }).count, count)
  }
  t.equal(read('http.server.db.queries', { route: '/some/:count' }).sum, queries()['some'])
  t.equal(read('http.server.db.queries', { route: '/none' }).count, 0)

  const counted = await admin<Array<{
    query: string,
    calls: number
  }>>`select query, sum(calls)::int as calls from pg_stat_statements group by query`
  const errorsOf = countBy(app.metrics.catalogue, 'db.query.errors', 'query')
  for (const [name, mark] of Object.entries({
    one: 'one',
    some: 'some',
    moves: 'moves',
    fails: 'fails',
    left: 'left_out',
    forgotten: 'forgotten',
    late: 'late',
    own: 'nobody'
  })) {
    // PostgreSQL does not count what fails.
    const calls = counted.filter(({ query }) => new RegExp(`\\bas ${mark}\\b`).test(query)).reduce(
      (sum, { calls }) => sum + calls,
      0
    )
    t.equal(calls, (queries()[name] ?? 0) - (errorsOf[name] ?? 0), `${name}: ${calls} calls`)
  }

  const reasons = countBy(app.metrics.catalogue, 'db.unattributed.queries', 'reason')
  t.strictSame(reasons, { left_out: queries()['left'], no_request: 1, request_over: queries()['late'] })
  for (const [ours, all, none] of [
    ['queries', 'db.query.wait', 'queries'],
    ['execution', 'db.query.execution', 'execution'],
    ['wait', 'db.query.wait', 'wait']
  ] as const) {
    const total = ours === 'queries' ? read(all).count : read(all).sum
    const sum = read(`http.server.db.${ours}`).sum + read(`db.unattributed.${none}`).count
    // Sums of seconds differ by the order in which they were added up.
    t.ok(ours === 'queries' ? sum === total : Math.abs(sum - total) < total * 1e-9, `${ours}: ${sum} of ${total}`)
  }
}
