import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import t, { type Test } from 'tap'
import {
  abortedOf,
  connect,
  countsOf,
  finishedOf,
  gate,
  listen,
  measured,
  outcomesOf,
  settles
} from '../../fixtures/http.js'

const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

/** Asks for an upgrade, and resolves with the status and the socket. */
async function upgrade (
  t: Test,
  port: number,
  path: string,
  headers: Record<string, string> = handshake
): Promise<{ status: number | undefined, socket: Socket }> {
  const request = httpRequest({ port, path, host: '127.0.0.1', headers }).end()
  t.teardown(() => { request.destroy() })
  return await new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      // Of what was upgraded the request no longer has it, and a server waits 30 s for a WebSocket to be closed.
      t.teardown(() => { response.socket.destroy() })
      resolve({
        status: response.statusCode,
        socket: response.socket
      })
    }
    request.once('upgrade', answered).once('response', answered).once('error', reject)
  })
}

t.test('a WebSocket is a 101 when it is taken, however it ends', async t => {
  const app = await measured(t)
  await app.register(websocket)
  app.register(async app => {
    app.get(
      '/ws',
      { websocket: true },
      socket => { socket.on('message', (message: Buffer) => { socket.send(String(message)) }) }
    )
    app.get('/guarded', {
      websocket: true,
      onRequest: async (_request, reply) => await reply.code(401).send('no')
    }, () => {})
    app.get('/quiet', { websocket: true, config: { metrics: false } }, () => {})
  })
  const port = await listen(app)

  const { status, socket } = await upgrade(t, port, '/ws')
  t.equal(status, 101)
  await settles(t, () => finishedOf(app), { 'GET /ws 101': 1 }, 'while it is open')
  t.strictSame(outcomesOf(app), { started: 1, finished: 1, aborted: 0, inFlight: 0 })
  socket.destroy()
  await once(socket, 'close')

  t.equal((await upgrade(t, port, '/guarded')).status, 401)
  t.equal((await upgrade(t, port, '/ws', { ...handshake, 'sec-websocket-version': '1' })).status, 400)
  t.equal((await upgrade(t, port, '/nowhere')).status, 404)
  t.equal((await upgrade(t, port, '/quiet')).status, 101)
  await settles(
    t,
    () => finishedOf(app),
    { 'GET /ws 101': 1, 'GET /guarded 401': 1, 'GET /ws 400': 1, 'GET  404': 1 },
    'what was written counts'
  )
  t.strictSame(outcomesOf(app), { started: 4, finished: 4, aborted: 0, inFlight: 0 }, 'and nothing is left under way')
  t.strictSame(countsOf(app, 'metrics.hook.errors'), {})
  t.strictSame(abortedOf(app), {})

  const client = await app.injectWS('/ws')
  client.terminate()
  await settles(t, () => finishedOf(app)['GET /ws 101'], 2, 'one of a test')
})

t.test('an upgrade of a connection that had requests before is a 101 as well, and no request of it', async t => {
  const app = await measured(t)
  await app.register(websocket)
  app.register(async app => {
    app.get('/', async () => 'done')
    app.get('/ws', { websocket: true }, () => {})
  })
  const { socket, send, statuses } = await connect(t, await listen(app))
  send('GET /', 'GET /')
  await statuses(2)
  const headers = Object.entries(handshake).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`GET /ws HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
  t.strictSame(await statuses(3), [200, 200, 101])
  await settles(t, () => finishedOf(app), { 'GET / 200': 2, 'GET /ws 101': 1 }, 'while it is open')
  t.strictSame(outcomesOf(app), { started: 3, finished: 3, aborted: 0, inFlight: 0 })
})

t.test('an upgrade without Fastify has no route, whoever was first, and requests after it are as before', async t => {
  for (const since of ['before metrics', 'before it listens', 'after requests']) {
    const take = (request: IncomingMessage, socket: Socket) => {
      if (request.url === '/leave') socket.destroy()
      else socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    }
    const app = await measured(t, {}, {
      serverFactory: (handler: RequestListener) => {
        const server = createServer(handler)
        return since === 'before metrics' ? server.on('upgrade', take) : server
      }
    })
    if (since === 'before it listens') app.server.on('upgrade', take)
    app.get('/', async () => 'done')
    const port = await listen(app)
    if (since === 'after requests') {
      t.equal((await upgrade(t, port, '/')).status, 200, 'nobody takes it')
      app.server.on('upgrade', take)
    }
    t.equal((await upgrade(t, port, '/')).status, 101)
    await t.rejects(upgrade(t, port, '/leave'))
    await settles(
      t,
      () => [finishedOf(app), abortedOf(app)],
      [{ 'GET  101': 1, ...since === 'after requests' && { 'GET / 200': 1 } }, { 'GET ': 1 }],
      since
    )
    app.server.off('upgrade', take)
    t.equal(app.server.listenerCount('upgrade'), 0, 'it is answered by Fastify again')
    t.equal((await upgrade(t, port, '/')).status, 200)
  }
})

t.test('an app takes upgrades only as long as somebody does, whatever else its server is listened to for', async t => {
  const app = await measured(t)
  app.get('/', async () => 'done')
  const port = await listen(app)
  const listeners = () => app.server.listenerCount('upgrade')
  const status = async () => {
    const { socket, statuses } = await connect(t, port)
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    return (await statuses(1))[0]
  }
  const other = () => {}
  app.server.on('error', other)
  t.equal(listeners(), 0)
  const take = (_request: unknown, socket: Socket) => { socket.end('HTTP/1.1 403 Forbidden\r\n\r\n') }
  const never = () => {}
  app.server.on('upgrade', take)
  app.server.on('upgrade', never)
  app.server.off('error', other)
  t.equal(listeners(), 3, 'ours is there once')
  t.equal(await status(), 403)
  app.server.off('upgrade', never)
  t.equal(await status(), 403)
  await settles(t, () => finishedOf(app), { 'GET  403': 2 }, 'each is counted once')
  app.server.off('upgrade', take)
  t.equal(listeners(), 0)
  t.equal(await status(), 200)
})

t.test('a stream of events that its client leaves is finished; another that it leaves is aborted', async t => {
  const app = await measured(t)
  const { opened, open } = gate()
  for (const [path, type, whole] of [
    ['/events', 'text/event-stream', true],
    ['/events-set', 'Text/Event-Stream; charset=utf-8', false],
    ['/file', 'text/plain', true]
  ] as const) {
    app.get(path, (_request, reply) => {
      reply.hijack()
      if (whole) reply.raw.writeHead(200, { 'content-type': type })
      else reply.raw.setHeader('content-type', type)
      reply.raw.write('data: 1\n\n')
    })
  }
  app.get('/waiting', async (_request, reply) => {
    reply.header('content-type', 'text/event-stream')
    await opened
    return 'data: late\n\n'
  })
  const port = await listen(app)
  for (const path of ['/events', '/events-set', '/file']) {
    const client = await connect(t, port)
    client.send(`GET ${path}`)
    await client.statuses(1)
    await client.leave()
  }
  const client = await connect(t, port)
  client.send('GET /waiting')
  await settles(t, () => outcomesOf(app).inFlight, 1, 'under way')
  await client.leave()
  await settles(
    t,
    () => [finishedOf(app), abortedOf(app)],
    [{ 'GET /events 200': 1, 'GET /events-set 200': 1 }, { 'GET /file': 1, 'GET /waiting': 1 }],
    'by what they were'
  )
  open()
})

t.test('so it is over HTTP/2', async t => {
  const app = await measured(t, {}, { http2: true })
  app.get('/events', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write('data: 1\n\n')
  })
  const session = connectHttp2(`http://127.0.0.1:${await listen(app)}`)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':path': '/events' })
  await once(stream, 'response')
  stream.close()
  await settles(t, () => [finishedOf(app), abortedOf(app)], [{ 'GET /events 200': 1 }, {}], 'its outcome')
})

t.test('leaves the server as it was when the app closes', async t => {
  const app = await measured(t)
  const { server } = app
  const listeners = () => ['upgrade', 'newListener', 'removeListener'].map(event => server.listenerCount(event))
  server.on('upgrade', () => {})
  t.strictSame(listeners(), [2, 1, 1])
  await app.close()
  t.strictSame(listeners(), [1, 0, 0])
})
