import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { Agent, get } from 'node:https'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import type { HistogramCell } from '../../../src/metrics/cell.js'
import { certify } from '../../fixtures/certificate.js'
import {
  abortedOf,
  countsOf,
  finishedOf,
  gate,
  listen,
  measured,
  outcomesOf,
  requestBodies,
  settles
} from '../../fixtures/http.js'
import { havePrograms } from '../../fixtures/programs.js'

async function start (t: Test) {
  const app = await measured(t, {}, { http2: true })
  const { opened, open } = gate()
  app.get('/things/:id', async () => 'thing')
  app.post('/things', async () => 'taken')
  app.get('/fails', async () => { throw new TypeError('wrong') })
  app.get('/slow', async () => { await opened; return 'slow' })
  app.get('/long', async () => 'long'.repeat(1e6))
  app.get('/at-once', (_request, reply) => { reply.send('at once') })
  app.get('/silent', { config: { metrics: false } }, async () => 'silent')
  app.get(
    '/endless',
    async (_request, reply) => await reply.send(
      new Readable({ read () { setImmediate(() => { this.push('a chunk\n') }) } })
    )
  )
  const session = connect(`http://127.0.0.1:${await listen(app)}`)
  session.on('error', () => {})
  t.teardown(() => { session.destroy() })
  return { app, session, open }
}

function request (session: ClientHttp2Session, path: string, method = 'GET'): ClientHttp2Stream {
  const stream = session.request({ ':path': path, ':method': method })
  return stream.on('error', () => {}).resume()
}

async function status (stream: ClientHttp2Stream): Promise<number> {
  const [headers] = await once(stream, 'response')
  await once(stream, 'close')
  return headers[':status']
}

const finished = (app: FastifyInstance) => () => finishedOf(app)

t.test('answers on one session are counted each', async t => {
  const { app, session } = await start(t)
  const requests = [
    ['/things/1'],
    ['/things/2'],
    ['/things/1', 'HEAD'],
    ['/fails'],
    ['/nowhere'],
    ['/things/1', 'DELETE'],
    ['/things/1', 'PROPFIND'],
    ['/%zz'],
    ['/silent'],
    ['/slow/%zz']
  ] as const
  const statuses = await Promise.all(
    requests.map(async ([path, method]) => await status(request(session, path, method)))
  )
  t.strictSame(statuses, [200, 200, 200, 500, 404, 404, 404, 400, 200, 400])
  await settles(t, finished(app), {
    'GET /things/:id 200': 2,
    'HEAD /things/:id 200': 1,
    'GET /fails 500': 1,
    'GET  404': 1,
    'DELETE  404': 1,
    '_OTHER  404': 1,
    'GET  400': 2
  }, 'but those that opted out')
  t.strictSame(outcomesOf(app), { started: 9, finished: 9, aborted: 0, inFlight: 0 })
  t.strictSame(countsOf(app, 'http.server.errors'), { '/fails TypeError': 1 })
})

t.test('sizes of bodies are recorded, also of answers', async t => {
  const { app, session } = await start(t)
  const posted = session.request({
    ':path': '/things',
    ':method': 'POST',
    'content-type': 'text/plain',
    'content-length': '4'
  })
  posted.resume().end('four')
  t.equal(await status(posted), 200)
  t.equal(await status(request(session, '/things/1', 'HEAD')), 200)
  await settles(t, () => outcomesOf(app).finished, 2, 'both are answered')
  const cell = (name: string) => app.metrics.catalogue.instruments.get(name)?.series[0]?.cell as HistogramCell
  t.match(cell('http.server.response.body'), { count: 2, sum: 5 })
  t.match(await requestBodies(app), { count: 2, sum: 4 })
})

t.test('streams that their client resets are aborted, and so are all of a session that is gone', async t => {
  const { app, session, open } = await start(t)
  const [slow, endless] = [request(session, '/slow'), request(session, '/endless')]
  request(session, '/slow')
  request(session, '/slow')
  request(session, '/silent')
  const uploading = session.request({ ':path': '/things', ':method': 'POST', 'content-type': 'text/plain' })
  uploading.on('error', () => {}).write('begun')
  await once(endless, 'data')
  await settles(t, () => outcomesOf(app), { started: 5, finished: 0, aborted: 0, inFlight: 5 }, 'at first')
  slow.close(constants.NGHTTP2_CANCEL)
  endless.close(constants.NGHTTP2_CANCEL)
  await settles(t, () => outcomesOf(app), { started: 5, finished: 0, aborted: 2, inFlight: 3 }, 'when two are reset')
  session.destroy()
  await settles(
    t,
    () => outcomesOf(app),
    { started: 5, finished: 0, aborted: 5, inFlight: 0 },
    'when the session is gone'
  )
  open()
  await sleep(50)
  t.strictSame(outcomesOf(app), { started: 5, finished: 0, aborted: 5, inFlight: 0 }, 'when the answers come')
  t.strictSame(abortedOf(app), { 'GET /slow': 3, 'GET /endless': 1, 'POST /things': 1 })
})

t.test('an answer that its client resets is aborted, though all of it was written', async t => {
  const { app, session } = await start(t)
  const long = request(session, '/long')
  await once(long, 'data')
  long.close(constants.NGHTTP2_CANCEL)
  await settles(t, () => outcomesOf(app), { started: 1, finished: 0, aborted: 1, inFlight: 0 }, 'in the midst')
  request(session, '/at-once').close(constants.NGHTTP2_CANCEL)
  await settles(t, () => outcomesOf(app), { started: 2, finished: 0, aborted: 2, inFlight: 0 }, 'and at its begin')
})

t.test('a session\'s requests leave nothing behind on its socket', async t => {
  const { app, session } = await start(t)
  const [socket] = await once(app.server, 'connection')
  const listeners = () => socket.eventNames().map((name: string | symbol) => [String(name), socket.listenerCount(name)])
  await status(request(session, '/things/1'))
  const before = listeners()
  for (let index = 0; index < 50; index++) await status(request(session, '/things/1'))
  t.strictSame(listeners(), before)
  await settles(t, () => outcomesOf(app), { started: 51, finished: 51, aborted: 0, inFlight: 0 }, 'all are answered')
})

t.test('a server that speaks HTTP/1.1 as well counts the requests of both once', async t => {
  if (!havePrograms(t, 'openssl')) return
  const { cert, key, ca } = await certify(t, 'IP:127.0.0.1')
  const https = { allowHTTP1: true, cert: await readFile(cert), key: await readFile(key) }
  const app = await measured(t, {}, { http2: true, https })
  app.get('/things', async () => 'thing')
  app.get('/at-once', (_request, reply) => { reply.send('at once') })
  const origin = `https://127.0.0.1:${await listen(app)}`
  const agent = new Agent({ ca, keepAlive: true })
  t.teardown(() => { agent.destroy() })
  const older = async (path: string) => {
    const [response] = await once(get(origin + path, { agent }), 'response') as [IncomingMessage]
    await once(response.resume(), 'end')
    return response.statusCode
  }
  const session = connect(origin, { ca })
  t.teardown(() => { session.destroy() })
  for (const path of ['/things', '/at-once', '/things', '/nowhere', '/%zz']) {
    t.equal(await older(path), await status(request(session, path)), path)
  }
  await settles(
    t,
    finished(app),
    { 'GET /things 200': 4, 'GET /at-once 200': 2, 'GET  404': 2, 'GET  400': 2 },
    'each request'
  )
  t.strictSame(outcomesOf(app), { started: 10, finished: 10, aborted: 0, inFlight: 0 })
})

t.test('a request whose route is not found at once is counted once, by that route', async t => {
  const handlers = new Map<unknown, unknown>()
  const tenant = {
    name: 'tenant',
    storage: () => ({ get: (key: unknown) => handlers.get(key) ?? null, set: handlers.set.bind(handlers) }),
    deriveConstraint: (_request: unknown, _context: unknown, done: (error: null, tenant: string) => void) => {
      setImmediate(done, null, 'one')
    }
  }
  const app = await measured(t, {}, { http2: true, routerOptions: { constraints: { tenant } } })
  app.get('/things/:id', { constraints: { tenant: 'one' } }, async () => 'thing')
  const session = connect(`http://127.0.0.1:${await listen(app)}`)
  t.teardown(() => { session.destroy() })
  for (const path of ['/things/1', '/things/2', '/nowhere']) await status(request(session, path))
  await settles(t, finished(app), { 'GET /things/:id 200': 2, 'GET  404': 1 }, 'each request')
  t.strictSame(outcomesOf(app), { started: 3, finished: 3, aborted: 0, inFlight: 0 })
})

t.test('what no route matches is in no number where it is left out', async t => {
  const app = await measured(t, { unmatchedRoute: false }, { http2: true })
  app.get('/things', async () => 'thing')
  const session = connect(`http://127.0.0.1:${await listen(app)}`)
  t.teardown(() => { session.destroy() })
  for (const path of ['/%zz', '/nowhere', '/things']) await status(request(session, path))
  await settles(t, finished(app), { 'GET /things 200': 1 }, 'the one that a route matches')
  t.strictSame(outcomesOf(app), { started: 1, finished: 1, aborted: 0, inFlight: 0 })
  t.strictSame(countsOf(app, 'metrics.hook.errors'), {})
})
