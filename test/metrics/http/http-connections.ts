import { once } from 'node:events'
import { createServer } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import t from 'tap'
import metrics from '../../../plugins/metrics.js'
import { furtherServers } from '../../../src/http/further-servers.js'
import { twoAddresses } from '../../fixtures/addresses.js'
import { keyOf, numbersOf } from '../../fixtures/exposition.js'
import {
  abortedOf,
  connect,
  countsOf,
  finishedOf,
  gate,
  listen,
  measured,
  outcomesOf,
  scrape,
  settles
} from '../../fixtures/http.js'
import { until } from '../../fixtures/until.js'

t.test('many requests on one connection leave nothing behind on it', async t => {
  const app = await measured(t)
  app.get('/', async () => 'hello')
  const port = await listen(app)
  const accepted = once(app.server, 'connection')
  const { send, statuses, leave } = await connect(t, port)
  const [socket] = await accepted as [Socket]
  const state = () => ({
    listeners: Object.fromEntries(socket.eventNames().map(name => [name, socket.listenerCount(name)])),
    keys: Reflect.ownKeys(socket).length
  })
  send('GET /')
  await statuses(1)
  await settles(t, () => outcomesOf(app).finished, 1, 'the first')
  const before = state()
  for (let index = 2; index <= 21; index++) {
    send('GET /')
    await statuses(index)
  }
  send(...Array<string>(980).fill('GET /'))
  await statuses(1001)
  await settles(
    t,
    () => outcomesOf(app),
    { started: 1001, finished: 1001, aborted: 0, inFlight: 0 },
    'each is answered'
  )
  t.strictSame(state(), before)
  const closed = once(socket, 'close')
  await leave()
  await closed
  t.strictSame(outcomesOf(app), { started: 1001, finished: 1001, aborted: 0, inFlight: 0 }, 'nor is anything left')
  t.strictSame(countsOf(app, 'metrics.hook.errors'), {})
})

t.test('pipelined requests are answered each, and in flight until then', async t => {
  const app = await measured(t)
  const { opened, open } = gate()
  app.get('/slow', async () => { await opened; return 'slow' })
  app.get('/fast', async () => 'fast')
  const { send, statuses } = await connect(t, await listen(app))
  send('GET /fast', 'GET /fast', 'GET /nowhere', 'PROPFIND /')
  t.strictSame(await statuses(4), [200, 200, 404, 404])
  await settles(t, () => outcomesOf(app), { started: 4, finished: 4, aborted: 0, inFlight: 0 }, 'when all are fast')
  send('GET /slow', 'GET /fast', 'GET /fast', 'GET /nowhere')
  await settles(
    t,
    () => outcomesOf(app),
    { started: 8, finished: 4, aborted: 0, inFlight: 4 },
    'while the first is slow'
  )
  open()
  t.strictSame(await statuses(8), [200, 200, 404, 404, 200, 200, 200, 404])
  await settles(t, () => outcomesOf(app), { started: 8, finished: 8, aborted: 0, inFlight: 0 }, 'in the end')
  t.strictSame(finishedOf(app), { 'GET /slow 200': 1, 'GET /fast 200': 4, 'GET  404': 2, '_OTHER  404': 1 })
})

t.test('a client that leaves aborts all that it had under way, whatever becomes of the answers', async t => {
  const app = await measured(t)
  const { opened, open } = gate()
  app.get('/slow', async () => { await opened; return 'slow' })
  app.get('/fast', async () => 'fast')
  app.post('/upload', async () => 'taken')
  const port = await listen(app)
  const one = await connect(t, port)
  one.send('GET /fast')
  await one.statuses(1)
  one.send('GET /slow', 'GET /fast', 'GET /slow', 'GET /nowhere')
  const uploading = await connect(t, port)
  uploading.socket.write(
    'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nbegun'
  )
  const polite = await connect(t, port)
  polite.send('GET /slow')
  await settles(t, () => outcomesOf(app), { started: 7, finished: 1, aborted: 0, inFlight: 6 }, 'while it waits')
  await one.leave()
  await uploading.leave()
  polite.socket.end()
  await settles(t, () => outcomesOf(app), { started: 7, finished: 1, aborted: 6, inFlight: 0 }, 'when it has left')
  open()
  await sleep(50)
  t.strictSame(outcomesOf(app), { started: 7, finished: 1, aborted: 6, inFlight: 0 }, 'when the answers come')
  t.strictSame(abortedOf(app), { 'GET /slow': 3, 'GET /fast': 1, 'GET ': 1, 'POST /upload': 1 })
})

t.test('a request whose client left before Fastify got it is aborted, also where nobody answers it', async t => {
  const { opened, open } = gate()
  let arrived = 0
  let handled = 0
  const app = Fastify({
    serverFactory: handler => createServer((request, response) => {
      if (request.url === '/') {
        handler(request, response)
        return
      }
      arrived++
      opened.then(() => { handler(request, response) })
    })
  })
  await app.register(metrics)
  app.addHook('preHandler', async () => { handled++ })
  app.get('/held', async () => 'hello')
  app.get('/unanswered', async (_request, reply) => { reply.hijack() })
  app.get('/', async () => 'hello')
  t.teardown(async () => { await app.close() })
  const port = await listen(app)
  const [fresh, used, silent] = [await connect(t, port), await connect(t, port), await connect(t, port)]
  used.send('GET /')
  await used.statuses(1)
  for (const { send } of [fresh, used]) send('GET /held')
  silent.send('GET /unanswered')
  await until('all to be held', () => arrived === 3)
  t.strictSame(outcomesOf(app), { started: 1, finished: 1, aborted: 0, inFlight: 0 }, 'they are not noted yet')
  for (const { leave } of [fresh, used, silent]) await leave()
  await until('the server to see it', async () => await promisify(app.server.getConnections.bind(app.server))() === 0)
  open()
  await until('all to be handled', () => handled === 4)
  await settles(t, () => outcomesOf(app), { started: 4, finished: 1, aborted: 3, inFlight: 0 }, 'in the end')
})

t.test('requests that arrive while the app closes are refused, and counted', async t => {
  const app = await measured(t, {}, { forceCloseConnections: 'idle' })
  const { opened, open } = gate()
  app.get('/slow', async () => { await opened; return 'slow' })
  const { send, statuses } = await connect(t, await listen(app))
  send('GET /slow')
  await settles(t, () => outcomesOf(app).inFlight, 1, 'one is under way')
  const closed = app.close()
  await until('it to accept no more', () => !app.server.listening)
  const arrived = once(app.server, 'request')
  send('GET /slow')
  await arrived
  open()
  t.strictSame(await statuses(2), [200, 503])
  await closed
  t.strictSame(outcomesOf(app), { started: 2, finished: 2, aborted: 0, inFlight: 0 })
  t.strictSame(finishedOf(app), { 'GET /slow 200': 1, 'GET  503': 1 })
})

t.test('what the parser refuses is counted by the status that it gets', async t => {
  const app = await measured(
    t,
    {},
    { requestTimeout: 200, http: { headersTimeout: 200, connectionsCheckingInterval: 50 } }
  )
  app.post('/', async () => 'taken')
  const port = await listen(app)
  const refused = async (text: string) => {
    const { socket, statuses } = await connect(t, port)
    socket.write(text)
    return (await statuses(1))[0]
  }
  t.equal(await refused('what is this\r\n\r\n'), 400)
  t.equal(await refused(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), 431)
  t.equal(await refused('GET / HTTP/1.1\r\nHost: '), 408)
  t.strictSame(outcomesOf(app), { started: 0, finished: 0, aborted: 0, inFlight: 0 }, 'none of them reached the app')
  t.strictSame(countsOf(app, 'http.server.client_errors'), { 400: 1, 431: 1, 408: 1 })

  t.equal(
    await refused('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nslow'),
    408
  )
  t.equal(
    await refused(
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n'
    ),
    400
  )
  await settles(
    t,
    () => outcomesOf(app),
    { started: 2, finished: 0, aborted: 2, inFlight: 0 },
    'those refused in their body did'
  )
  t.strictSame(countsOf(app, 'http.server.client_errors'), { 400: 2, 431: 1, 408: 2 })

  app.server.emit('clientError', Object.assign(new Error('gone'), { code: 'EPIPE' }), { destroyed: true })
  app.server.emit('clientError', Object.assign(new Error('gone'), { code: 'ECONNRESET' }), { destroyed: true })
  t.strictSame(
    countsOf(app, 'http.server.client_errors'),
    { 400: 2, 431: 1, 408: 2 },
    'a connection that breaks is nothing that was refused'
  )
  t.strictSame(numbersOf((await scrape(app)).get('http_client_errors_total')), {
    [keyOf({ code: '400' })]: 2,
    [keyOf({ code: '431' })]: 1,
    [keyOf({ code: '408' })]: 2
  }, 'as it is served')
})

t.test('what Node.js answers itself is counted once', async t => {
  const app = await measured(t, {}, { maxRequestsPerSocket: 1 })
  app.get('/', async () => 'hello')
  const port = await listen(app)
  const { send, statuses } = await connect(t, port)
  send('GET /', 'GET /')
  t.strictSame(await statuses(2), [200, 503])
  const expecting = await connect(t, port)
  expecting.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n')
  t.strictSame(await expecting.statuses(1), [417])
  await settles(t, () => finishedOf(app), { 'GET / 200': 1, 'GET  503': 1, 'GET  417': 1 }, 'as answers')
  t.strictSame(outcomesOf(app), { started: 3, finished: 3, aborted: 0, inFlight: 0 })
  t.strictSame(countsOf(app, 'http.server.client_errors'), {})
})

t.test('two apps in a process count each their own', async t => {
  const [one, other] = [await measured(t), await measured(t)]
  for (const app of [one, other]) app.get('/', async () => 'hello')
  const [first, second] = [await connect(t, await listen(one)), await connect(t, await listen(other))]
  first.send('GET /', 'GET /nowhere', 'PROPFIND /', 'GET /%zz')
  await first.statuses(4)
  second.send('GET /')
  await second.statuses(1)
  second.send('PROPFIND /')
  await second.statuses(2)
  await settles(t, () => [outcomesOf(one).finished, outcomesOf(other).finished], [4, 2], 'outcomes')
  t.strictSame(
    [countsOf(one, 'http.server.response.body'), countsOf(other, 'http.server.response.body')],
    [{ '': 4 }, { '': 2 }]
  )
  await one.close()
  second.send('GET /')
  await second.statuses(3)
  await settles(
    t,
    () => outcomesOf(other),
    { started: 3, finished: 3, aborted: 0, inFlight: 0 },
    'when the first has closed'
  )
})

t.test('two apps that were given one log controller count each their own', async t => {
  class Shared extends LogController {}
  const logController = new Shared()
  const [one, other] = [await measured(t, {}, { logController }), await measured(t, {}, { logController })]
  for (const app of [one, other]) app.get('/', async () => 'hello')
  const [first, second] = [await connect(t, await listen(one)), await connect(t, await listen(other))]
  first.send('GET /', 'GET /nowhere')
  await first.statuses(2)
  second.send('GET /', 'GET /', 'GET /')
  await second.statuses(3)
  await settles(
    t,
    () => [outcomesOf(one), outcomesOf(other)],
    [2, 3].map(count => ({ started: count, finished: count, aborted: 0, inFlight: 0 })),
    'outcomes'
  )
  await one.close()
  second.send('GET /')
  await second.statuses(4)
  await settles(
    t,
    () => outcomesOf(other),
    { started: 4, finished: 4, aborted: 0, inFlight: 0 },
    'when the first has closed'
  )
  t.strictSame(finishedOf(other), { 'GET / 200': 4 })
})

t.test('an app that listens on every address of a name counts them all', async t => {
  twoAddresses(t)
  const app = await measured(t)
  app.get('/', async () => 'hello')
  await app.listen({ port: 0 })
  const listening = app.addresses() as Array<{ address: string, port: number }>
  t.ok(listening.length > 0)
  for (const { address, port } of listening) {
    const host = net.isIPv6(address) ? `[${address}]` : address
    t.equal((await fetch(`http://${host}:${port}/`)).status, 200)
    t.equal((await fetch(`http://${host}:${port}/%zz`)).status, 400)
    const { socket, statuses } = await connect(t, port, address)
    socket.write('what is this\r\n\r\n')
    t.strictSame(await statuses(1), [400])
  }
  await settles(
    t,
    () => finishedOf(app),
    { 'GET / 200': listening.length, 'GET  400': listening.length },
    'answers of each'
  )
  t.strictSame(countsOf(app, 'http.server.client_errors'), { 400: listening.length }, 'what the parser of each refused')
})

t.test('what a service answers itself to those whom the parser refuses is not answered again', async t => {
  twoAddresses(t)
  const app: FastifyInstance = Fastify({ forceCloseConnections: true })
  t.teardown(async () => { await app.close() })
  app.addHook('onListen', async () => {
    for (const server of furtherServers(app)) {
      server.on('clientError', (_error: Error, socket: Socket) => { socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n") })
    }
  })
  await app.register(metrics, { observer: false })
  await app.listen({ port: 0 })
  const statuses = await Promise.all((app.addresses() as AddressInfo[]).map(async ({ address, port }) => {
    const { socket, statuses } = await connect(t, port, address)
    const closed = once(socket, 'close')
    socket.write('what is this\r\n\r\n')
    await closed
    return await statuses(1)
  }))
  t.strictSame(statuses.sort(), [[400], ...statuses.slice(1).map(() => [418])])
  t.strictSame(countsOf(app, 'http.server.client_errors'), { 400: 1 })
})
