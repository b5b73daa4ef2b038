import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { connect, gate, listen, measured, outcomesOf } from '../fixtures/http.js'
import { read } from '../fixtures/measured.js'
import { until } from '../fixtures/until.js'

/** Milliseconds that each request waits at least. */
const leastMs = 120

/** An app whose requests wait for a while, and what is told of how long they took, beside how long that was. */
async function waiting (t: Test, options = {}) {
  const app = await measured(t, {}, options)
  const { opened, open } = gate()
  app.get('/slow', async () => { await opened; return 'slow' })
  app.get('/fast', async () => 'fast')
  const port = await listen(app)
  const began = performance.now()
  return {
    app,
    port,
    /** Lets what was asked be answered, once so many are under way and a while has passed. */
    release: async (count: number) => {
      await until('them to be under way', () => outcomesOf(app).inFlight === count)
      const arrived = performance.now()
      await until('a while', () => performance.now() - arrived >= leastMs)
      open()
    },
    /** Checks that of this many of an outcome each took at least that while, and no longer than since the beginning. */
    check: async (outcome: 'requests' | 'aborted', count: number, labels = {}) => {
      const told = () => read(app.metrics.catalogue, `http.server.${outcome}`, labels)
      await until('their outcome', () => told().count === count)
      const { sum } = told()
      const most = count * (performance.now() - began) / 1000
      t.ok(sum >= count * leastMs / 1000 && sum <= most, `${count} took ${sum} s, at most ${most} s`)
    }
  }
}

t.test('a request takes from its arrival to the end of its answer, in seconds', async t => {
  const { port, release, check } = await waiting(t)
  const { send, statuses } = await connect(t, port)
  send('GET /fast')
  await statuses(1)
  send('GET /slow')
  await release(1)
  await check('requests', 1, { route: '/slow' })
})

t.test('so do requests that came at once on one connection', async t => {
  const { port, release, check } = await waiting(t)
  const { send } = await connect(t, port)
  send('GET /slow', 'GET /fast', 'GET /slow')
  await release(3)
  await check('requests', 3)
})

t.test('so do requests over HTTP/2', async t => {
  const { port, release, check } = await waiting(t, { http2: true })
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => { session.destroy() })
  for (let count = 0; count < 2; count++) session.request({ ':path': '/slow' }).resume()
  await release(2)
  await check('requests', 2)
})

t.test('so do requests without a connection', async t => {
  const { app, release, check } = await waiting(t)
  const answered = app.inject('/slow').then(() => {})
  await release(1)
  await answered
  await check('requests', 1)
})

t.test('a request that its client leaves takes until then', async t => {
  const { app, port, check } = await waiting(t)
  const [one, other] = [await connect(t, port), await connect(t, port)]
  one.send('GET /slow')
  other.send('GET /slow', 'GET /slow')
  await until('them to be under way', () => outcomesOf(app).inFlight === 3)
  const arrived = performance.now()
  await until('a while', () => performance.now() - arrived >= leastMs)
  await one.leave()
  await other.leave()
  await check('aborted', 3)
})

t.test('a request for an upgrade takes until it is answered, whoever writes that, in any number of pieces', async t => {
  const { app, port, check } = await waiting(t)
  const sockets = new Map<string, Socket>()
  app.server.on('error', () => {})
  app.server.on('upgrade', (request, socket) => { sockets.set(request.url ?? '', socket as Socket) })
  const upgrade = (path: string) => {
    const headers = { connection: 'Upgrade', upgrade: 'echo' }
    const request = httpRequest({ port, path, host: '127.0.0.1', headers }).end().on('error', () => {})
    t.teardown(() => { request.destroy() })
    return request
  }
  const paths = ['/whole', '/corked', '/bytes', '/old', '/none']
  const upgraded = paths.map(upgrade)
  await until('all to be there', () => sockets.size === paths.length)
  const arrived = performance.now()
  await until('a while', () => performance.now() - arrived >= leastMs)
  const of = (path: string) => sockets.get(path) as Socket
  const rest = 'Connection: Upgrade\r\nUpgrade: echo\r\n\r\n'
  const corked = once(upgraded[1] as typeof upgraded[number], 'upgrade') as Promise<[unknown, Socket]>
  of('/whole').write(`HTTP/1.1 101 Switching Protocols\r\n${rest}`)
  of('/whole').write('HTTP/1.1 500 what comes later is no answer')
  of('/corked').cork()
  of('/corked').write('HTTP/1.1 101 Switching Protocols\r\n')
  of('/corked').write(rest)
  of('/corked').uncork()
  of('/bytes').write(Buffer.from('HTTP/1.1 426 Upgrade Required\r\n\r\n'))
  of('/old').write('HTTP/1.0 403 Forbidden\r\n\r\n')
  of('/none').write('this is HTTP/1.1 101 in no way')
  await check('aborted', 1)
  await check('requests', 4)
  await check('requests', 2, { status: '101' })
  for (const status of ['426', '403']) await check('requests', 1, { status })
  const [, socket] = await corked
  const answered = once(socket.setEncoding('latin1'), 'data')
  of('/corked').write('all goes on')
  t.strictSame(await answered, ['all goes on'])
  for (const each of sockets.values()) each.destroy()
})
