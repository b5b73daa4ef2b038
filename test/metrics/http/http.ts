import { Readable } from 'node:stream'
import t from 'tap'
import type {} from '@fastify/under-pressure'
import pressure from '../../../plugins/pressure.js'
import { histogramsOf, keyOf, numbersOf } from '../../fixtures/exposition.js'
import {
  abortedOf,
  connect,
  countsOf,
  finishedOf,
  gate,
  listen,
  measured,
  outcomesOf,
  requestBodies,
  scrape,
  settles
} from '../../fixtures/http.js'
import { until } from '../../fixtures/until.js'

t.test('requests are labelled with the pattern of their route, whatever method it was made for', async t => {
  const app = await measured(t)
  app.get('/things/:id', async () => 'thing')
  app.post('/things', async (_request, reply) => await reply.code(201).send('made'))
  app.options('/things', async () => '')
  app.get('/files/*', async () => 'file')
  const port = await listen(app)
  const { send, statuses } = await connect(t, port)
  const requests = [
    'GET /things/1',
    'GET /things/2?q=3',
    'HEAD /things/1',
    'POST /things',
    'OPTIONS /things',
    'GET /files/a/b'
  ]
  for (const [index, request] of requests.entries()) {
    send(request)
    await statuses(index + 1)
  }
  t.strictSame(await statuses(6), [200, 200, 200, 201, 200, 200])
  await settles(t, () => finishedOf(app), {
    'GET /things/:id 200': 2,
    'HEAD /things/:id 200': 1,
    'POST /things 201': 1,
    'OPTIONS /things 200': 1,
    'GET /files/* 200': 1
  }, 'a series for each')
  t.strictSame(outcomesOf(app), { started: 6, finished: 6, aborted: 0, inFlight: 0 })
})

t.test('what no route matches shares one series, and unknown methods one more', async t => {
  const app = await measured(t)
  app.get('/things', async () => 'thing')
  app.register(async app => {
    app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send('not in here'))
    app.get('/known', async () => 'known')
  }, { prefix: '/inner' })
  app.get('/gone', (_request, reply) => { reply.callNotFound() })
  const port = await listen(app)
  const requests = [
    'GET /one',
    'GET /two',
    'GET /inner/three',
    'DELETE /things',
    'HEAD /four',
    'PROPFIND /five',
    'MKCOL /six',
    'GET /%zz',
    'GET /gone'
  ]
  for (const request of requests) {
    const { send, statuses } = await connect(t, port)
    send(request)
    t.strictSame(await statuses(1), [request === 'GET /%zz' ? 400 : 404], request)
  }
  await settles(
    t,
    () => finishedOf(app),
    { 'GET  404': 3, 'DELETE  404': 1, 'HEAD  404': 1, '_OTHER  404': 2, 'GET  400': 1, 'GET /gone 404': 1 },
    'few series'
  )
  t.strictSame(outcomesOf(app), { started: 9, finished: 9, aborted: 0, inFlight: 0 })
})

t.test('a method that a route was made for is kept', async t => {
  const app = await measured(t)
  app.addHttpMethod('PROPFIND')
  app.route({ method: 'PROPFIND', url: '/things', handler: async () => 'found' })
  const { send, statuses } = await connect(t, await listen(app))
  send('PROPFIND /things')
  await statuses(1)
  send('PROPFIND /elsewhere')
  await statuses(2)
  await settles(
    t,
    () => finishedOf(app),
    { 'PROPFIND /things 200': 1, '_OTHER  404': 1 },
    'where there is such a route'
  )
})

t.test('errors thrown in hooks and handlers are answers, counted by route and type as well', async t => {
  const app = await measured(t)
  const fail = (error: unknown) => async () => { throw error }
  const handler = async () => 'answer'
  app.get('/on-request', { onRequest: fail(new TypeError('wrong')) }, handler)
  app.get(
    '/pre-handler',
    { preHandler: fail(Object.assign(new Error('no'), { code: 'E_NO', statusCode: 418 })) },
    handler
  )
  app.get('/on-send', { onSend: fail(new RangeError('far')) }, handler)
  app.get('/handler', fail(new Error('broken')))
  app.get('/numbered', fail(new DOMException('left', 'AbortError')))
  app.get('/unnamed', fail(Object.assign(new Error('odd'), { name: 7, code: {} })))
  app.get('/text', fail('a text'))
  app.get('/null', fail(null))
  app.get('/undefined', fail(undefined))
  app.get('/throws', () => { throw new SyntaxError('at once') })
  app.post('/schema', { schema: { body: { type: 'object', required: ['name'] } } }, handler)
  const port = await listen(app)
  const status = async (path: string, init?: RequestInit) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, init)).status
  const expected: Record<string, number> = {
    '/on-request': 500,
    '/pre-handler': 418,
    '/on-send': 500,
    '/handler': 500,
    '/numbered': 500,
    '/unnamed': 500,
    '/text': 500,
    '/null': 500,
    '/undefined': 500,
    '/throws': 500
  }
  for (const [path, code] of Object.entries(expected)) t.equal(await status(path), code, path)
  t.equal(await status('/schema', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }), 400)
  t.equal(await status('/schema', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }), 400)

  await settles(t, () => finishedOf(app), {
    ...Object.fromEntries(Object.entries(expected).map(([path, code]) => [
      `GET ${path} ${code}`,
      1
    ])),
    'POST /schema 400': 2
  }, 'each is answered')
  t.match(countsOf(app, 'http.server.errors'), {
    '/on-request TypeError': 1,
    '/pre-handler E_NO': 1,
    // The answer that an error becomes is sent through the hook again.
    '/on-send RangeError': 2,
    '/handler Error': 1,
    '/numbered AbortError': 1,
    '/unnamed object': 1,
    '/text string': 1,
    '/throws SyntaxError': 1,
    '/schema FST_ERR_VALIDATION': 1,
    '/schema FST_ERR_CTP_INVALID_JSON_BODY': 1
  })
  t.strictSame(outcomesOf(app), { started: 12, finished: 12, aborted: 0, inFlight: 0 })
  t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200, 'whatever was thrown can be served')
})

t.test('an early answer of a hook carries its route', async t => {
  const app = await measured(t)
  app.addHook(
    'onRequest',
    async (request, reply) => { if (request.headers.authorization === undefined) await reply.code(401).send('who?') }
  )
  app.get('/things/:id', async () => 'thing')
  const { send, statuses } = await connect(t, await listen(app))
  send('GET /things/1')
  t.strictSame(await statuses(1), [401])
  await settles(t, () => finishedOf(app), { 'GET /things/:id 401': 1 }, 'the route')
})

t.test('what pressure sheds is answered with 503 on its route', async t => {
  const app = await measured(t)
  await app.register(pressure, { maxRssBytes: 1, maxEventLoopDelay: 0, sampleInterval: 20 })
  app.get('/work', async () => 'done')
  const port = await listen(app)
  await until('a measurement', () => app.pressure.overloaded() !== undefined)
  const { send, statuses } = await connect(t, port)
  send('GET /work')
  t.strictSame(await statuses(1), [503])
  await settles(t, () => finishedOf(app), { 'GET /work 503': 1 }, 'an answer')
  t.strictSame(countsOf(app, 'http.server.shed'), { resident_memory: 1 })
})

t.test('streams end as answers, or as aborted when they break or their client leaves', async t => {
  const app = await measured(t, { names: ['fastify', 'otel'] })
  const endless = () => new Readable({ read () { setImmediate(() => { this.push('a chunk\n') }) } })
  app.get('/whole', async (_request, reply) => await reply.send(Readable.from(['a', 'b', 'c'])))
  app.get('/breaks', async (_request, reply) => {
    const stream = endless()
    setTimeout(() => { stream.destroy(new Error('broken midway')) }, 20)
    return await reply.send(stream)
  })
  app.get(
    '/breaks-at-once',
    async (_request, reply) => await reply.send(new Readable({ read () { this.destroy(new Error('broken')) } }))
  )
  app.get('/endless', async (_request, reply) => await reply.send(endless()))
  const port = await listen(app)
  const open = async (path: string) => {
    const connection = await connect(t, port)
    connection.send(`GET ${path}`)
    await connection.statuses(1)
    return connection
  }
  await open('/whole')
  await open('/breaks')
  await open('/breaks-at-once')
  const endlessly = await open('/endless')
  await settles(
    t,
    () => outcomesOf(app),
    { started: 4, finished: 2, aborted: 1, inFlight: 1 },
    'while one is under way'
  )
  await endlessly.leave()
  await settles(
    t,
    () => outcomesOf(app),
    { started: 4, finished: 2, aborted: 2, inFlight: 0 },
    'when its client has left'
  )
  t.strictSame(finishedOf(app), { 'GET /whole 200': 1, 'GET /breaks-at-once 500': 1 })
  t.strictSame(abortedOf(app), { 'GET /breaks': 1, 'GET /endless': 1 })
  const families = await scrape(app)
  t.strictSame(numbersOf(families.get('http_requests_aborted_total')), {
    [keyOf({ method: 'GET', route: '/breaks' })]: 1,
    [keyOf({ method: 'GET', route: '/endless' })]: 1
  }, 'as it is served')
  const labels = Object.values(histogramsOf(families.get('http_server_request_duration_seconds')))
    .map(({ labels }) => labels)
    .filter(({ error_type: type }) => type === 'aborted')
  t.match(labels, ['/breaks', '/endless'].map(route => ({
    http_request_method: 'GET',
    http_route: route,
    url_scheme: 'http'
  })))
  t.strictSame(countsOf(app, 'http.server.client_errors'), {}, 'no client was wrong')
})

t.test('a large answer that its client does not take is aborted', async t => {
  const app = await measured(t)
  const large = Buffer.alloc(64 * 2 ** 20)
  app.get('/large', async () => large)
  const { socket, send, statuses, leave } = await connect(t, await listen(app))
  send('GET /large')
  await statuses(1)
  socket.pause()
  await settles(
    t,
    () => outcomesOf(app),
    { started: 1, finished: 0, aborted: 0, inFlight: 1 },
    'as long as it is not taken'
  )
  await leave()
  await settles(
    t,
    () => outcomesOf(app),
    { started: 1, finished: 0, aborted: 1, inFlight: 0 },
    'when the client has left'
  )
})

t.test('hijacked replies are in flight until they end or their client leaves', async t => {
  const app = await measured(t)
  const { opened, open } = gate()
  app.get('/ended', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(202)
    reply.raw.flushHeaders()
    opened.then(() => reply.raw.end(), () => {})
  })
  app.get('/never', (_request, reply) => { reply.hijack() })
  const port = await listen(app)
  const [one, other] = [await connect(t, port), await connect(t, port)]
  one.send('GET /ended')
  other.send('GET /never')
  await one.statuses(1)
  await settles(t, () => outcomesOf(app), { started: 2, finished: 0, aborted: 0, inFlight: 2 }, 'at first')
  open()
  await settles(t, () => outcomesOf(app), { started: 2, finished: 1, aborted: 0, inFlight: 1 }, 'when one has ended')
  await other.leave()
  await settles(
    t,
    () => outcomesOf(app),
    { started: 2, finished: 1, aborted: 1, inFlight: 0 },
    'when the other\'s client has left'
  )
  t.strictSame([finishedOf(app), abortedOf(app)], [{ 'GET /ended 202': 1 }, { 'GET /never': 1 }])
})

t.test('injected requests count like those of the network', async t => {
  const app = await measured(t)
  const { opened, open } = gate()
  app.get('/fast', async () => 'fast')
  app.get('/slow', async () => { await opened; return 'slow' })
  app.get('/breaks', async (_request, reply) => {
    const stream = new Readable({ read () {} })
    stream.push('begun')
    setTimeout(() => { stream.destroy(new Error('broken midway')) }, 20)
    return await reply.send(stream)
  })
  await app.inject('/fast')
  await app.inject('/nowhere')
  const slow = app.inject('/slow')
  await settles(
    t,
    () => outcomesOf(app),
    { started: 3, finished: 2, aborted: 0, inFlight: 1 },
    'while one is under way'
  )
  open()
  await slow
  await app.inject('/breaks').catch(() => {})
  await settles(t, () => outcomesOf(app), { started: 4, finished: 3, aborted: 1, inFlight: 0 }, 'in the end')
  t.strictSame(finishedOf(app), { 'GET /fast 200': 1, 'GET  404': 1, 'GET /slow 200': 1 })
})

t.test('a route that opted out is in no number', async t => {
  const app = await measured(t)
  app.get('/silent', { config: { metrics: false } }, async () => 'silent')
  app.get('/failing', { config: { metrics: false } }, async () => { throw new Error('broken') })
  app.get('/counted', async () => 'counted')
  const port = await listen(app)
  const { send, statuses } = await connect(t, port)
  send('GET /silent', 'GET /failing', 'HEAD /silent')
  await statuses(3)
  send('GET /counted', 'GET /silent')
  await statuses(5)
  const leaver = await connect(t, port)
  leaver.send('GET /silent')
  await leaver.leave()
  await app.inject('/silent')
  await settles(
    t,
    () => outcomesOf(app),
    { started: 1, finished: 1, aborted: 0, inFlight: 0 },
    'only the one that is counted'
  )
  t.strictSame(finishedOf(app), { 'GET /counted 200': 1 })
  t.strictSame(countsOf(app, 'http.server.errors'), {})
  t.strictSame(countsOf(app, 'metrics.hook.errors'), {})
  t.strictSame(countsOf(app, 'http.server.response.body'), { '': 1 })
  t.equal((await requestBodies(app)).count, 1)
})

t.test('past the cap on series, the rest shares one for each instrument', async t => {
  const app = await measured(t, { maxSeries: 50 })
  for (let index = 0; index < 40; index++) app.get(`/route-${index}`, async () => index)
  for (let index = 0; index < 40; index++) await app.inject(`/route-${index}`)
  t.strictSame(outcomesOf(app), { started: 40, finished: 40, aborted: 0, inFlight: 0 })
  const finished = finishedOf(app)
  const rest = finished['__overflow__ __overflow__ __overflow__'] as number
  t.ok(rest > 0)
  t.equal(Object.keys(finished).length, 40 - rest + 1)
  t.equal(app.metrics.catalogue.folded, rest)
  t.match((await app.inject('/metrics')).body, /^metrics_series_folded_total [1-9]/m)
})

t.test('sizes of bodies are recorded where they are known beforehand', async t => {
  const app = await measured(t)
  app.post('/echo', async request => request.body)
  app.get('/text', async () => 'text')
  app.get('/empty', async (_request, reply) => await reply.send(''))
  app.get('/stream', async (_request, reply) => await reply.send(Readable.from(['a'])))
  const port = await listen(app)
  const post = async (body: string) =>
    await (await fetch(`http://127.0.0.1:${port}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body
    })).text()
  await post('four')
  await post('x'.repeat(1000))
  await (await fetch(`http://127.0.0.1:${port}/stream`)).text()
  // In pieces, so that its size is not known.
  await (await fetch(
    `http://127.0.0.1:${port}/echo`,
    {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: new Blob(['four']).stream(),
      duplex: 'half'
    } as RequestInit
  )).text()
  await fetch(`http://127.0.0.1:${port}/text`, { method: 'HEAD' })
  await fetch(`http://127.0.0.1:${port}/empty`)
  await settles(t, () => outcomesOf(app).finished, 6, 'all are answered')
  const cell = (name: string) =>
    app.metrics.catalogue.instruments.get(name)?.series[0]?.cell as unknown as { count: number, sum: number }
  t.match(cell('http.server.response.body'), { count: 5, sum: 1008 }, 'no body is one of 0 bytes')
  t.match(await requestBodies(app), { count: 5, sum: 1004 })

  const without = await measured(t, { bodySizes: false })
  without.get('/', async () => 'text')
  await without.inject('/')
  t.notMatch((await without.inject('/metrics')).body, /body_bytes/)
})

t.test('requests are told apart by whether the server speaks TLS', async t => {
  for (const [options, scheme] of [[{}, 'http'], [{ https: {} }, 'https']] as const) {
    const app = await measured(t, { names: ['otel'] }, options)
    app.get('/', async () => 'text')
    await app.inject('/')
    t.match(
      (await app.inject('/metrics')).body,
      new RegExp(`^http_server_request_duration_seconds_count\\{.*url_scheme="${scheme}".*\\} 1$`, 'm')
    )
  }
})

t.test('each method of HTTP is told by its name where no route was made for it, and any other by one', async t => {
  const app = await measured(t)
  for (const method of ['PROPFIND', 'QUERY']) app.addHttpMethod(method)
  const known = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']
  for (const method of [...known, 'PROPFIND', 'QUERY']) await app.inject({ method: method as 'GET', url: '/nowhere' })
  t.strictSame(finishedOf(app), {
    ...Object.fromEntries(known.map(method => [`${method}  404`, 1])),
    '_OTHER  404': 2
  })
})
