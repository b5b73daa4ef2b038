import Fastify from 'fastify'
import t from 'tap'
import { createErrorHandler, createNotFoundHandler } from '../../src/http/error-handler.js'
import { invalidInput } from '../../src/journal/constraints.js'
import { createRequestLines } from '../../src/process/request-lines.js'

t.test('a terminal gets one line for each request, and the others as they are', async t => {
  const shown: string[] = []
  const one = createRequestLines()
  const app = Fastify({ logger: { stream: { write: (line: string) => { shown.push(...[one(line) ?? []].flat()) } } } })
  t.teardown(async () => { await app.close() })
  app.get('/thing', async ({ log }) => {
    log.warn('something')
    return 'a thing'
  })
  await app.inject('/thing?of=mine')
  const lines = shown.map(line => JSON.parse(line))
  t.match(lines, [
    { level: 40, msg: 'something', reqId: 'req-1' },
    { level: 30, msg: /^GET \/thing\?of=mine 200 in \d+\.\d ms$/, req: undefined, res: undefined, reqId: undefined }
  ])
  t.equal(lines.length, 2)
})

t.test('the one line of a request that is refused says why', async t => {
  const shown: string[] = []
  const one = createRequestLines()
  const stream = { write: (line: string) => { shown.push(...[one(line) ?? []].flat()) } }
  const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const full = Object.assign(new Error('too many clients'), { code: '53300', name: 'PostgresError' })
  const handle = createErrorHandler(error => error === lost || error === full)
  const app = Fastify({ logger: { stream }, frameworkErrors: handle, schemaErrorFormatter: invalidInput })
  app.setErrorHandler(handle)
  app.setNotFoundHandler(createNotFoundHandler(true))
  const querystring = { type: 'object', properties: { limit: { type: 'integer' } } }
  app.get('/listed', { schema: { querystring } }, async () => [])
  app.get('/lost', async () => { throw lost })
  app.get('/full', async () => { throw full })
  app.get('/own', async () => { throw Object.assign(new Error('not so'), { statusCode: 409 }) })
  t.teardown(async () => { await app.close() })

  const [info, warning] = [30, 40]
  for (const [path, level, line] of [
    ['/listed?limit=x', info, '/listed?limit=x 400 in _ ms: querystring/limit must be integer, INVALID_INPUT'],
    ['/nowhere', info, '/nowhere 404 in _ ms: there is no such route, NOT_FOUND'],
    ['/%zz', info, '/%zz 400 in _ ms: The URL is not percent-encoded as it should be, BAD_URL'],
    ['/lost', warning, '/lost 503 in _ ms: Database unavailable, ECONNREFUSED'],
    ['/full', warning, '/full 503 in _ ms: Database unavailable, too many clients, 53300'],
    ['/own', info, '/own 409 in _ ms']
  ] as const) {
    shown.length = 0
    await app.inject(path)
    const told = shown.map(text => JSON.parse(text))
    t.equal(told.length, 1, path)
    t.equal(told[0].msg.replace(/\d+\.\d ms/, '_ ms'), `GET ${line}`, path)
    t.equal(told[0].level, level, path)
    t.notHas(told[0], { code: String }, `${path}: nothing is said twice`)
  }
})

t.test('an answer that could not be sent is told of in one line, with the error', async t => {
  const one = createRequestLines()
  t.equal(one('{"level":30,"msg":"incoming request","reqId":"req-1","req":{"method":"GET","url":"/"}}'), undefined)
  const line = one(
    '{"level":50,"msg":"request errored","reqId":"req-1","res":{"statusCode":200},"err":{"message":"gone"},' +
    '"responseTime":1}'
  )
  t.match(JSON.parse(String(line)), {
    level: 50,
    msg: 'GET / 200 in 1.0 ms, but the answer could not be sent',
    err: { message: 'gone' }
  })
})

t.test('a client that left while it sent its request is told of in one line', async t => {
  const one = createRequestLines()
  one('{"level":30,"msg":"incoming request","reqId":"req-1","req":{"method":"POST","url":"/"}}')
  const line = one('{"level":30,"msg":"request aborted","reqId":"req-1","code":"ECONNRESET","responseTime":1}')
  t.match(JSON.parse(String(line)), { msg: 'POST / in 1.0 ms, until the client left: ECONNRESET' })
})

t.test('requests whose end is not heard of, for their clients left, do not keep it from others', async t => {
  const one = createRequestLines()
  const begin = (id: number) => one(`{"msg":"incoming request","reqId":"req-${id}","req":{"method":"GET","url":"/"}}`)
  for (let id = 0; id <= 10_000; id++) begin(id)
  const end = (id: number) => one(`{"msg":"request completed","reqId":"req-${id}","res":{"statusCode":200}}`)
  t.match(end(10_000), 'GET / 200 in')
  t.match(end(0), '"request completed"', 'the first is forgotten')
})

t.test('what it cannot read, or has not heard the begin of, is shown as it is', async t => {
  const one = createRequestLines()
  for (const line of [
    'no JSON',
    '{"msg":"started"}',
    '{"msg":"request completed","reqId":"req-1","res":{"statusCode":200}}'
  ]) t.equal(one(line), line)
})
