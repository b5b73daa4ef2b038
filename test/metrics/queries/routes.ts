import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgresJs from 'postgres'
import t, { type Test } from 'tap'
import type { FastifyRequest } from 'fastify'
import type { MetricsOptions } from '../../../plugins/metrics.js'
import postgres from '../../../plugins/postgres.js'
import type { Sql } from '../../../src/postgres/client/client.js'
import { asking, ways, type Way } from '../../fixtures/asking.js'
import { gate } from '../../fixtures/http.js'
import { read } from '../../fixtures/measured.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { temporaryDirectory } from '../../fixtures/service.js'
import { until } from '../../fixtures/until.js'

const { url } = await startPostgres(t)

/** `db;dur=1.5;desc="2 queries", pool;dur=0, total;dur=3` as numbers. */
function timingOf (header: string | null) {
  const timing = /^db;dur=([\d.]+);desc="(\d+) quer(?:y|ies)", pool;dur=([\d.]+), total;dur=([\d.]+)$/
  const [, db, queries, pool, total] = timing.exec(header ?? '') ?? []
  return { db: Number(db), queries: Number(queries), pool: Number(pool), total: Number(total) }
}

for (const way of Object.keys(ways) as Way[]) {
  t.test(`histograms, warning and Server-Timing agree on each route, by ${way}`, async t => { await compare(t, way) })
}

async function compare (t: Test, attribute: Way) {
  const sqlOf = ways[attribute]
  const { app, lines, read, listen } = await asking(t, { url, poolSize: 1 }, { attribute, serverTiming: true })
  const { opened, open } = gate()
  app.get('/none', async () => 'nothing')
  app.get('/one', async request => await sqlOf(request)`/* find_author */ select 1 as author`)
  app.get('/loop', async request => {
    for (let id = 0; id < 50; id++) await sqlOf(request)`/* find_book */ select ${id}::int as book`
    return await sqlOf(request)`/* list_books */ select 1`
  })
  app.post('/transaction', async (request: FastifyRequest) => await sqlOf(request).begin(async sql => {
    await sql`/* lock_stock */ select pg_sleep(0.05)`
    await sql.savepoint(async sql => await sql`/* take_stock */ select 2`)
    return 'done'
  }))
  const origin = await listen()
  const get = async (path: string, init?: RequestInit) => {
    const { status, headers } = await fetch(origin + path, init)
    t.equal(status, 200, path)
    return timingOf(headers.get('server-timing'))
  }
  const of = (route: string) => ['queries', 'execution', 'wait'].map(name => read(`http.server.db.${name}`, { route }))
  const ended = async (route: string, count: number) => {
    await until(`${route} to be recorded`, () => of(route)[0]?.count === count)
  }

  await get('/none')
  t.match(await get('/one'), { queries: 1, pool: Number })
  await ended('/one', 1)
  t.match(
    of('/one'),
    [{ count: 1, sum: 1 }, { count: 1, sum: read('db.query.execution', { query: 'find_author' }).sum }, { count: 1 }]
  )

  const loop = await get('/loop')
  t.equal(loop.queries, 51)
  t.ok(loop.db <= loop.total, `${loop.db} of ${loop.total} ms`)
  await ended('/loop', 1)
  t.match(of('/loop'), [{ count: 1, sum: 51 }, { count: 1 }, { count: 1 }])
  t.equal(read('http.server.db.repeated', { route: '/loop', method: 'GET', query: 'find_book' }).count, 1)
  t.equal(read('http.server.db.repeated').count, 1)
  await get('/loop')
  await ended('/loop', 2)
  t.equal(read('http.server.db.repeated', { query: 'find_book' }).count, 2)
  t.match(
    lines,
    [{ level: 40, method: 'GET', route: '/loop', query: 'find_book', count: 50, msg: /the same query 50 times/ }]
  )
  t.equal(lines.length, 1, 'told once a minute')

  const holder = app.sql.begin(async sql => {
    await sql`/* hold */ select 1`
    await opened
  })
  await until('the pool to be saturated', () => read('db.query.wait', { query: 'hold' }).count === 1)
  const asked = performance.now()
  const waiting = get('/transaction', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  await until('it to wait', () => read('db.queries.queued').count === 1)
  const queued = performance.now()
  await until('a while', () => performance.now() - queued > 150)
  const held = performance.now() - queued
  open()
  await holder
  const transaction = await waiting
  const total = performance.now() - asked
  // BEGIN, SAVEPOINT, COMMIT, and its own two.
  t.equal(transaction.queries, 5)
  t.ok(transaction.pool >= held && transaction.pool < total, `it waited ${transaction.pool} ms, at least ${held}`)
  t.ok(transaction.db >= 50, `the database worked ${transaction.db} ms`)
  t.ok(
    transaction.total >= transaction.pool + transaction.db && transaction.total <= total,
    `${transaction.total} ms in all`
  )
  await ended('/transaction', 1)
  const [queries, execution, wait] = of('/transaction')
  t.match(queries, { count: 1, sum: 5 })
  t.ok(Math.abs((wait?.sum ?? 0) * 1000 - transaction.pool) < 0.1)
  t.ok(Math.abs((execution?.sum ?? 0) * 1000 - transaction.db) < 0.1)

  t.strictSame(of('/none'), Array(3).fill({ count: 0, sum: 0 }), 'a route that is not known to query has none')
  t.strictSame(read('db.unattributed.queries', { reason: 'no_request' }).count, 3, 'what no request asked')
  const { body } = await app.inject('/metrics')
  t.match(body, /^http_request_db_queries_bucket\{method="GET",route="\/loop",le="50"\} 0$/m)
  t.match(body, /^http_request_db_queries_bucket\{method="GET",route="\/loop",le="100"\} 2$/m)
  t.match(body, /^http_request_db_wait_seconds_count\{method="POST",route="\/transaction"\} 1$/m)
  t.match(body, /^http_request_db_duration_seconds_count\{method="GET",route="\/one"\} 1$/m)
  t.match(body, /^http_request_db_repeated_total\{method="GET",route="\/loop",query="find_book"\} 2$/m)
  t.match(body, /^db_unattributed_queries_total\{reason="no_request"\} 3$/m)
}

t.test('of a query without a name that is repeated, the place in the program is told', async t => {
  const { app, lines } = await asking(t, { url }, { nPlusOne: 3, attribute: 'async' })
  const other = postgresJs(url, { max: 1 })
  t.teardown(async () => { await other.end() })
  const timed = app.metrics.measure(other)
  app.get('/other', async () => { for (let id = 0; id < 4; id++) await timed`select ${id}::int as book` })
  app.get('/loop', async ({ sql }) => { for (let id = 0; id < 4; id++) await sql`select ${id}::int as book` })
  app.get('/text', async ({ sql }) => { for (let id = 0; id < 4; id++) await sql.unsafe('select 1') })
  for (const path of ['/loop', '/text', '/other']) await app.inject(path)
  await until('all to be told of', () => lines.length === 3)
  const { place, ...loop } = lines[0] as { place?: string }
  t.match(place, /^(file:\/\/)?\/[^()]*\/routes\.ts\S*:\d+:\d+$/)
  t.match([loop, ...lines.slice(1)], ['/loop', '/text', '/other'].map(route => ({ route, query: '', count: 4 })))
  t.notOk(lines.slice(1).some(line => 'place' in line), 'of a text, and of what another client makes, none is known')
})

t.test('a route says for itself whether its answers have Server-Timing, and adds to what there is', async t => {
  const header = async (serverTiming: MetricsOptions['serverTiming'], path: string) => {
    const { app } = await asking(t, { url }, { ...serverTiming !== undefined && { serverTiming } })
    app.get(
      '/on',
      { config: { serverTiming: true } },
      async (_request, reply) => { reply.header('server-timing', 'cache;desc=miss').send('on') }
    )
    app.get('/off', { config: { serverTiming: false } }, async () => 'off')
    app.get('/left', { config: { metrics: false } }, async ({ sql }) => await sql`select 1`)
    app.get('/default', async ({ sql }) => await sql`select 1`)
    const { statusCode, headers } = await app.inject(path)
    t.equal(statusCode, 200)
    return headers['server-timing']
  }
  t.match(await header(false, '/on'), /^cache;desc=miss, db;dur=0;desc="0 queries", pool;dur=0, total;dur=[\d.]+$/)
  t.equal(await header(false, '/default'), undefined)
  t.equal(await header(undefined, '/default'), undefined, 'nor where nothing is said')
  t.equal(await header(true, '/off'), undefined)
  t.match(await header(true, '/left'), /desc="1 query"/)
  t.match(await header(({ url }) => url === '/default', '/default'), /desc="1 query"/)
  t.equal(await header(({ url }) => url === '/default', '/left'), undefined)
})

t.test('Server-Timing that cannot be told is left out, counted where something is wrong, told once', async t => {
  const { app, read, lines } = await asking(t, { url }, { serverTiming: () => { throw new Error('broken') } })
  app.addHook('onRequest', async ({ url }, reply) => { if (url === '/early') return await reply.code(401).send() })
  app.get('/broken', async ({ sql }) => await sql`select 1`)
  app.get('/early', { config: { serverTiming: true } }, async () => 'never')
  for (const [path, status, failed] of [['/early', 401, 0], ['/broken', 200, 1], ['/broken', 200, 2]] as const) {
    const { statusCode, headers } = await app.inject(path)
    t.equal(statusCode, status)
    t.equal(headers['server-timing'], undefined)
    t.equal(read('metrics.hook.errors', { hook: 'server_timing' }).count, failed)
  }
  t.match(lines, [{
    level: 40,
    option: 'serverTiming',
    route: '/broken',
    err: { message: 'broken' },
    msg: 'The option serverTiming of metrics failed for the route /broken, and its answer has no Server-Timing: broken'
  }])
  t.equal(lines.length, 1)
})

t.test('nobody is told Server-Timing by a function that answers too late, whatever it says', async t => {
  const late = (async () => { throw new Error('not allowed') }) as never
  const { app, read, lines } = await asking(t, { url }, { serverTiming: late })
  app.get('/', async ({ sql }) => await sql`select 1`)
  const { statusCode, headers } = await app.inject('/')
  t.equal(statusCode, 200)
  t.equal(headers['server-timing'], undefined)
  t.equal(read('metrics.hook.errors', { hook: 'server_timing' }).count, 1)
  t.match(lines, [{ msg: /: it returned a promise, but must return true or false$/ }])
})

t.test('a route has numbers once it has asked, and not for looking', async t => {
  const { app, read } = await asking(t, { url }, { attribute: 'request' })
  app.get('/:asks', async ({ sql, params }) => {
    const { asks } = params as { asks: string }
    return asks === 'looks' ? typeof sql : 'nothing'
  })
  for (const path of ['/looks', '/nothing', '/nothing']) t.equal((await app.inject(path)).statusCode, 200)
  t.equal(read('http.server.db.queries').count, 0)
})

t.test('what fails as it is recorded is counted, and the request served', async t => {
  const { app } = await asking(t, { url })
  app.get('/', async ({ sql }) => await sql`select 1`)
  t.equal((await app.inject('/')).statusCode, 200)
  app.metrics.catalogue.instruments.get('http.server.db.queries')?.series.forEach(
    ({ cell }) => Object.assign(cell, { record () { throw new Error('broken') } })
  )
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal(read(app.metrics.catalogue, 'metrics.hook.errors', { hook: 'finish_apart' }).count, 1)
})

t.test('all that a client does is charged to the request whose request.sql does it', async t => {
  const { app, read } = await asking(t, { url, poolSize: 1 }, { attribute: 'request' })
  await app.register(postgres, { url, name: 'reports' })
  const file = join(await temporaryDirectory(t), 'query.sql')
  await writeFile(file, 'select 6 as answer')
  type Named = Sql & { reports: Sql }
  const manners: Record<string, [queries: number, ask: (sql: Named) => Promise<unknown>]> = {
    template: [1, async sql => await sql`select ${sql(['answer'])} from (select 6 as answer) given`],
    unsafe: [1, async sql => await sql.unsafe('select 6 as answer')],
    file: [1, async sql => await sql.file(file)],
    missing: [1, async sql => await sql.file(`${file}.not`).catch(({ code }) => [{ answer: code === 'ENOENT' && 6 }])],
    notify: [1, async sql => [{ answer: (await sql.notify('news', 'hello')).statement !== undefined && 6 }]],
    begin: [3, async sql => await sql.begin(async sql => await sql`select 6 as answer`)],
    'begin in vain': [2, async sql => {
      await t.rejects(sql.begin(async () => { throw new Error('No') }))
      return [{ answer: 6 }]
    }],
    reserve: [1, async sql => {
      const reserved = await sql.reserve()
      const rows = await reserved`select 6 as answer`
      reserved.release()
      return rows
    }],
    // BEGIN, creating, opening, closing, COMMIT.
    largeObject: [5, async sql => {
      await (await sql.largeObject()).close()
      return [{ answer: 6 }]
    }],
    named: [1, async sql => await sql.reports`select 6 as answer`],
    'named begin': [3, async sql => await sql.reports.begin(async sql => await sql`select 6 as answer`)]
  }
  for (const [manner, [, ask]] of Object.entries(manners)) {
    app.get(`/${manner}`, async ({ sql }) => {
      t.equal(sql.options, app.sql.options)
      return await ask(sql as Named)
    })
  }
  for (const [manner, [queries]] of Object.entries(manners)) {
    for (const requests of [1, 2]) {
      t.strictSame((await app.inject(`/${manner}`)).json(), [{ answer: 6 }], manner)
      const recorded = () => read('http.server.db.queries', { route: `/${manner}` })
      await until('it to be recorded', () => recorded().count === requests)
      t.equal(recorded().sum, requests * queries, manner)
    }
  }
  t.equal(read('db.unattributed.queries').count, 0)
  t.equal(read('db.query.errors', { code: 'ENOENT' }).count, 2)
})

t.test('request.sql of databases that all have names says so where it is asked for none', async t => {
  const { app } = await asking(t, { url, name: 'reports' })
  app.get('/', async ({ sql }) => await sql`select 1`)
  app.get('/reports', async ({ sql }) => await (sql as Sql & { reports: Sql }).reports`select 1 as one`)
  t.match((await app.inject('/')).json(), { statusCode: 500, message: /ask app\.sql\.reports/ })
  t.strictSame((await app.inject('/reports')).json(), [{ one: 1 }])
})

t.test('what a request asks first once it has ended is told as that, and is no request\'s', async t => {
  const { app, read } = await asking(t, { url, poolSize: 1 })
  const { opened, open } = gate()
  app.get('/', async () => 'done')
  app.addHook('onResponse', async request => {
    setImmediate(() => { request.sql`/* late */ select pg_sleep(0.05)`.then(open, t.threw) })
  })
  const began = performance.now()
  t.equal((await app.inject('/')).statusCode, 200)
  await opened
  const most = (performance.now() - began) / 1000
  t.equal(read('db.unattributed.queries', { reason: 'request_over' }).count, 1)
  const [execution, wait] = ['execution', 'wait'].map(of =>
    read(`db.unattributed.${of}`, { reason: 'request_over' }).sum) as [number, number]
  t.ok(execution >= 0.05 && wait > 0 && execution + wait <= most, `${execution} s and ${wait} s of ${most} s`)
  t.equal(read('http.server.db.queries').count, 0)
})
