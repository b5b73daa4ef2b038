import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { finishRequests } from '../../src/http/closing.js'
import { twoAddresses } from '../fixtures/addresses.js'
import { connect } from '../fixtures/http.js'
import { until } from '../fixtures/until.js'

/** Bytes, more than the system takes for a client that does not read. */
const large = 50_000_000

async function serve (t: Test, timeoutMs = 5000, host = '127.0.0.1') {
  const app = Fastify({ return503OnClosing: false })
  finishRequests(app, timeoutMs)
  app.get('/', async () => 'at once')
  app.get('/slow', async () => {
    await sleep(600)
    return 'done'
  })
  app.get('/large', async () => Buffer.alloc(large))
  let arrived = 0
  let underWay = 0
  let underWayAtEnd: number | undefined
  app.addHook('onRequest', async () => { arrived++; underWay++ })
  app.addHook('onResponse', async () => { underWay-- })
  app.addHook('onClose', async () => { underWayAtEnd = underWay })
  await app.listen({ host, port: 0 })
  const { port } = app.server.address() as AddressInfo
  t.teardown(async () => { await app.close() })
  const arrive = async (count: number) => { await until(`${count} requests to arrive`, () => arrived === count) }
  return { app, port, arrive, underWayAtEnd: () => underWayAtEnd }
}

t.test('closing', async t => {
  t.test('finishes requests under way, also those that came at once on one connection', async t => {
    const { app, port, arrive } = await serve(t)
    const one = await connect(t, port)
    const several = await connect(t, port)
    one.send('GET /slow')
    several.send('GET /slow', 'GET /', 'GET /slow')
    await arrive(4)
    await app.close()
    t.strictSame(await one.statuses(1), [200])
    t.strictSame(await several.statuses(3), [200, 200, 200])
  })

  t.test('answers what comes on a connection that is kept alive, and has that answer close it', async t => {
    const { app, port } = await serve(t)
    const connections = await Promise.all([1, 2, 3].map(async () => await connect(t, port)))
    for (const connection of connections) {
      connection.send('GET /')
      await connection.statuses(1)
    }
    const closed = app.close()
    await sleep(50)
    for (const connection of connections) connection.send('GET /', 'GET /slow', 'GET /')
    for (const connection of connections) {
      t.strictSame(await connection.statuses(4), [200, 200, 200, 200])
      await until('the connection to be closed', () => connection.socket.readableEnded || connection.socket.destroyed)
    }
    await closed
  })

  t.test('sends all of a large answer to a client that reads slowly', async t => {
    const { app, port } = await serve(t)
    const idle = await connect(t, port)
    idle.send('GET /')
    await idle.statuses(1)
    const reading = get({ port, path: '/large', agent: new Agent({ keepAlive: true }) })
    const [response] = await once(reading, 'response') as [IncomingMessage]
    let received = 0
    response.on('data', ({ length }: Buffer) => { received += length })
    response.pause()
    const ended = once(response, 'end')
    const closed = app.close()
    await sleep(600)
    response.resume()
    await ended
    t.equal(received, large)
    await closed
  })

  t.test('finishes requests on each address that it listens on, before what they need is closed', async t => {
    twoAddresses(t)
    const { app, port, arrive, underWayAtEnd } = await serve(t, 5000, 'localhost')
    const { address: main } = app.server.address() as AddressInfo
    const [other] = (app.addresses() as AddressInfo[]).filter(({ address }) => address !== main)
    const first = await connect(t, port, main)
    const further = await connect(t, port, other?.address)
    first.send('GET /')
    await first.statuses(1)
    further.send('GET /slow')
    await arrive(2)
    const closed = app.close()
    await sleep(50)
    first.send('GET /')
    t.strictSame(await first.statuses(2), [200, 200])
    t.strictSame(await further.statuses(1), [200])
    await closed
    t.equal(underWayAtEnd(), 0)
  })

  t.test('accepts no new connections', async t => {
    const { app, port, arrive } = await serve(t)
    const slow = await connect(t, port)
    slow.send('GET /slow')
    await arrive(1)
    const closed = app.close()
    await until('it to accept no more', () => !app.server.listening)
    await t.rejects(connect(t, port), { code: 'ECONNREFUSED' })
    await closed
    t.strictSame(await slow.statuses(1), [200])
  })

  t.test('does not wait for connections on which nothing came, and breaks off what takes too long', async t => {
    const { app, port, arrive } = await serve(t, 400)
    await connect(t, port)
    const stuck = await connect(t, port)
    stuck.socket.write('GET / HTTP/1.1\r\nHost: ')
    const slow = await connect(t, port)
    slow.send('GET /slow')
    await arrive(1)
    await app.close()
    await until('the connections to be gone', () => stuck.socket.destroyed && slow.socket.destroyed)
  })

  t.test('keeps nobody waiting for a connection that was opened in advance', async t => {
    const timeoutMs = 60_000
    const { app, port } = await serve(t, timeoutMs)
    const silent = await connect(t, port)
    const began = performance.now()
    await app.close()
    t.ok(performance.now() - began < timeoutMs / 2)
    await until('it to be gone', () => silent.socket.destroyed || silent.socket.readableEnded)
  })

  t.test('is harmless where nothing listens', async t => {
    const app = Fastify()
    finishRequests(app, 1000)
    await app.close()
  })
})
