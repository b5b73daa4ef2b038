import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { asking, ways, type Way } from '../../fixtures/asking.js'
import { connect, gate } from '../../fixtures/http.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

const { url } = await startPostgres(t)

for (const way of Object.keys(ways) as Way[]) {
  t.test(`requests that overlap on one pool are never charged each other's queries, known by ${way}`, async t => {
    await overlap(t, way)
  })
}

type Ask = (request: FastifyRequest, count: number) => Promise<unknown>

async function overlap (t: Test, attribute: Way) {
  const sqlOf = ways[attribute]
  const { app, read, listen } = await asking(t, { url, poolSize: 3 }, { attribute, serverTiming: true, nPlusOne: 0 })
  const mark = (request: FastifyRequest) => sqlOf(request)`/* mark */ select 1`

  // Who asks while it has a connection needs another: not all may at once.
  let last = Promise.resolve()
  const room = async () => {
    const before = last
    const { opened, open } = gate()
    last = opened
    await before
    return open
  }

  /** Each asks `count` queries, in its own manner. */
  const manners: Record<string, Ask> = {
    async loop (request, count) {
      for (let n = 0; n < count; n++) {
        await mark(request)
        if (n % 3 === 0) await sleep(1)
      }
    },
    async atOnce (request, count) { await Promise.all(Array.from({ length: count }, () => mark(request))) },
    async transaction (request, count) {
      // BEGIN and COMMIT are two of them.
      await sqlOf(request).begin(async sql => { for (let n = 2; n < count; n++) await sql`/* mark */ select 2` })
    },
    async failing (request, count) {
      for (let n = 0; n < count; n++) await sqlOf(request)`/* mark */ select 1 / ${0}::int`.catch(() => {})
    },
    async cursor (request, count) {
      const done = await room()
      await sqlOf(request)`/* mark */ select generate_series(1, ${count - 1})`.cursor(1, async () => {
        await mark(request)
      })
      done()
    },
    async iterated (request, count) {
      const done = await room()
      for await (const rows of sqlOf(request)`/* mark */ select generate_series(1, ${count - 1})`.cursor(1)) {
        await Promise.all(rows.map(() => mark(request)))
      }
      done()
    },
    async each (request, count) {
      const asked: Array<Promise<unknown>> = []
      await sqlOf(request)`/* mark */ select generate_series(1, ${count - 1})`.forEach(
        () => { asked.push(mark(request).execute()) }
      )
      await Promise.all(asked)
    },
    async reserved (request, count) {
      const reserved = await sqlOf(request).reserve()
      for (let n = 0; n < count; n++) await reserved`/* mark */ select 3`
      reserved.release()
    },
    async lost (request, count) {
      // Whoever asks next opens a connection, in whose course another request's answers arrive.
      await sqlOf(request)`/* mark */ select pg_terminate_backend(pg_backend_pid())`.catch(() => {})
      for (let n = 1; n < count; n++) await mark(request)
    },
    async unsafe (request, count) { for (let n = 0; n < count; n++) await sqlOf(request).unsafe('/* mark */ select 4') }
  }
  for (const [manner, ask] of Object.entries(manners)) {
    const handler = async (request: FastifyRequest<{ Params: { count: string } }>) => {
      await ask(request, Number(request.params.count))
      return 'asked'
    }
    app.get(`/${manner}/:count`, handler)
    app.post(`/${manner}/:count`, handler)
  }
  app.addHook('onResponse', async () => { await sleep(0) })

  const origin = await listen()
  // What nobody asks for goes on meanwhile.
  const stop = new AbortController()
  let background = 0
  const other = (async () => {
    while (!stop.signal.aborted) {
      background++
      await app.sql`/* background */ select 0`
      await sleep(1)
    }
  })()

  const wrong: string[] = []
  const expected: Record<string, number[]> = {}
  const rounds = Array.from({ length: 12 }, async (_, client) => {
    for (let round = 0; round < 20; round++) {
      const manner = Object.keys(manners)[(client * 7 + round) % Object.keys(manners).length] as string
      const count = 3 + (client * 5 + round * 3) % 9
      const init = round % 2 === 0
        ? {}
        : { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }
      const response = await fetch(`${origin}/${manner}/${count}`, init)
      const timing = response.headers.get('server-timing') ?? ''
      if (response.status !== 200 || !timing.includes(`desc="${count} queries"`)) {
        wrong.push(`${manner} of ${count}: ${response.status} ${timing} ${await response.text()}`)
      }
      await response.text().catch(() => {})
      ;(expected[`/${manner}/:count`] ??= []).push(count)
    }
  })
  await Promise.all(rounds)
  stop.abort()
  await other
  t.strictSame(wrong, [])
  for (const [route, counts] of Object.entries(expected)) {
    const queries = () => read('http.server.db.queries', { route })
    await until(`${route} to be recorded`, () => queries().count === counts.length)
    t.equal(queries().sum, counts.reduce((sum, count) => sum + count, 0), route)
  }
  const unattributed = read('db.unattributed.queries')
  t.equal(unattributed.count, background)
  t.equal(read('http.server.db.queries').sum + background, read('db.query.wait').count)
}

t.test('queries of pipelined requests are their own', async t => {
  const { app, read, listen } = await asking(t, { url, poolSize: 2 }, { attribute: 'request' })
  app.get('/many/:count', async (request: FastifyRequest<{ Params: { count: string } }>) => {
    for (let n = 0; n < Number(request.params.count); n++) await request.sql`/* mark */ select 1`
    return 'asked'
  })
  const client = await connect(t, Number(new URL(await listen()).port))
  client.send('GET /many/9', 'GET /many/1', 'GET /many/0', 'GET /many/4')
  t.strictSame(await client.statuses(4), [200, 200, 200, 200])
  const queries = () => read('http.server.db.queries')
  await until('all to be recorded', () => queries().count === 4)
  t.equal(queries().sum, 14)
})

t.test('who injects a request is not charged as that request, while it is under way and after', async t => {
  const { app, read } = await asking(t, { url, poolSize: 3 }, { attribute: 'async' })
  const asked = gate()
  app.get('/held', async () => {
    await asked.opened
    return await app.sql`/* held */ select 1`
  })
  await app.ready()
  const held = app.inject('/held').then(response => response.statusCode)
  for (let n = 0; n < 5; n++) await app.sql`/* own */ select 2`
  asked.open()
  t.equal(await held, 200)
  await app.sql`/* own */ select 2`
  await until('it to be recorded', () => read('http.server.db.queries').count === 1)
  t.equal(read('http.server.db.queries').sum, 1)
  t.equal(read('db.unattributed.queries', { reason: 'no_request' }).count, 6)
})

t.test('a request whose body comes later than its head is known when it has come', async t => {
  const { app, read, listen } = await asking(t, { url, poolSize: 1 }, { attribute: 'async' })
  const begun = gate()
  app.addHook('onRequest', async () => { begun.open() })
  app.post('/late', async ({ body }) => await app.sql`/* late */ select ${JSON.stringify(body)}::text as body`)
  const { socket, statuses } = await connect(t, Number(new URL(await listen()).port))
  socket.write('POST /late HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n')
  await begun.opened
  for (const part of ['{"a', '":1}']) {
    await sleep(10)
    socket.write(part)
  }
  t.strictSame(await statuses(1), [200])
  await until('it to be recorded', () => read('http.server.db.queries', { route: '/late' }).count === 1)
  t.equal(read('http.server.db.queries', { route: '/late' }).sum, 1)
  t.equal(read('db.unattributed.queries').count, 0)
})

t.test('what is asked of app.sql is charged where that is cheap, when nothing is said', async t => {
  const { app, read } = await asking(t, { url, poolSize: 1 })
  app.get('/', async () => await app.sql`/* own */ select 1`)
  t.equal((await app.inject('/')).statusCode, 200)
  const cheap = Number(process.versions.node.split('.')[0]) >= 24
  await until('it to be recorded', () => read('db.query.wait', { query: 'own' }).count === 1)
  t.equal(read('db.unattributed.queries', { reason: 'no_request' }).count, cheap ? 0 : 1)
})
