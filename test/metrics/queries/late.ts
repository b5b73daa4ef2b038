import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import metrics from '../../../plugins/metrics.js'
import postgres from '../../../plugins/postgres.js'
import { connect, gate, listen, outcomesOf, settles } from '../../fixtures/http.js'
import { countBy, read } from '../../fixtures/measured.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

const { url } = await startPostgres(t)

interface Held {
  request: FastifyRequest
  /** Has it be answered. */
  open: () => void
}

/** An app each of whose requests waits to be answered, and asks nothing itself. */
async function holding (t: Test, options = {}) {
  const app = Fastify({ forceCloseConnections: true, ...options }) as FastifyInstance
  await app.register(metrics, { observer: false, attribute: 'request' })
  await app.register(postgres, { url, poolSize: 1, closeTimeoutSeconds: 1 })
  t.teardown(async () => { await app.close() })
  const held = new Map<string, Held>()
  app.get('/:name', async request => {
    const { opened, open } = gate()
    held.set((request.params as { name: string }).name, { request, open })
    await opened
    return 'done'
  })
  return {
    app,
    arrived: async (...names: string[]) => { await until(names.join(), () => names.every(name => held.has(name))) },
    open: (name: string) => { held.get(name)?.open() },
    ask: async (name: string) => { await (held.get(name) as Held).request.sql`/* asked */ select 1` },
    ended: async (finished: number) => { await until('the end', () => outcomesOf(app).finished === finished) },
    recorded: () => {
      const { count, sum } = read(app.metrics.catalogue, 'http.server.db.queries')
      const late = countBy(app.metrics.catalogue, 'db.unattributed.queries', 'reason')
      return { requests: count, queries: sum, ...late }
    }
  }
}

t.test('what is asked first while a request is under way is its route\'s, and later it is nobody\'s', async t => {
  const { app, arrived, open, ask, ended, recorded } = await holding(t)
  const { send, statuses } = await connect(t, await listen(app))
  send('GET /first')
  await arrived('first')
  open('first')
  await statuses(1)
  await ended(1)
  await ask('first')
  t.strictSame(recorded(), { requests: 0, queries: 0, request_over: 1 })

  send('GET /second')
  await arrived('second')
  await ask('second')
  await ask('first')
  open('second')
  await statuses(2)
  await ended(2)
  t.strictSame(recorded(), { requests: 1, queries: 1, request_over: 2 })

  send('GET /third')
  await arrived('third')
  await ask('second')
  open('third')
  await statuses(3)
  await ended(3)
  t.strictSame(recorded(), { requests: 2, queries: 1, request_over: 3 }, 'one that asks nothing counts as none')
})

t.test('so it is for each of the requests that came at once on one connection', async t => {
  const { app, arrived, open, ask, ended, recorded } = await holding(t)
  const { send, statuses } = await connect(t, await listen(app))
  send('GET /first', 'GET /second', 'GET /third', 'GET /fourth')
  await arrived('first', 'second', 'third', 'fourth')
  await ask('third')
  open('first')
  await statuses(1)
  await ended(1)
  await ask('first')
  open('second')
  await statuses(2)
  await ended(2)
  await ask('second')
  await ask('fourth')
  open('third')
  open('fourth')
  await statuses(4)
  await ended(4)
  t.strictSame(recorded(), { requests: 2, queries: 2, request_over: 2 })
})

t.test('so it is for requests that share a session of HTTP/2', async t => {
  const { app, arrived, open, ask, ended, recorded } = await holding(t, { http2: true })
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${await listen(app)}`)
  t.teardown(() => { session.destroy() })
  const streams = ['first', 'second', 'third'].map(name => session.request({ ':path': `/${name}` }).resume())
  await arrived('first', 'second', 'third')
  await ask('second')
  open('first')
  await once(streams[0] as typeof streams[number], 'close')
  await ended(1)
  await ask('first')
  await ask('third')
  open('second')
  open('third')
  await ended(3)
  t.strictSame(recorded(), { requests: 2, queries: 2, request_over: 1 })
})

t.test('so it is for requests without a connection', async t => {
  const { app, arrived, open, ask, recorded } = await holding(t)
  const [first, second] = [app.inject('/first').then(() => {}), app.inject('/second').then(() => {})]
  await arrived('first', 'second')
  open('first')
  await first
  await ask('first')
  await ask('second')
  open('second')
  await second
  t.strictSame(recorded(), { requests: 1, queries: 1, request_over: 1 })
})

t.test('so it is for a request that its client left', async t => {
  const { app, arrived, open, ask, recorded } = await holding(t)
  const client = await connect(t, await listen(app))
  client.send('GET /left')
  await arrived('left')
  await client.leave()
  await settles(t, () => outcomesOf(app).aborted, 1, 'it is over')
  await ask('left')
  open('left')
  t.strictSame(recorded(), { requests: 0, queries: 0, request_over: 1 })
})

t.test('what a request asked before its client left is its route\'s', async t => {
  const { app, arrived, open, ask, recorded } = await holding(t)
  const client = await connect(t, await listen(app))
  client.send('GET /left')
  await arrived('left')
  await ask('left')
  await client.leave()
  await settles(t, () => outcomesOf(app).aborted, 1, 'it is over')
  await settles(t, recorded, { requests: 1, queries: 1 }, 'its query')
  open('left')
})
