import Fastify from 'fastify'
import t from 'tap'
import { createErrorHandler, createNotFoundHandler } from '../../src/http/error-handler.js'
import { createTokenGuard } from '../../src/http/token.js'
import { describeError } from '../../src/log.js'
import { isUnavailable } from '../../src/postgres/unavailable.js'

const internal = {
  statusCode: 500,
  code: 'INTERNAL',
  error: 'Internal Server Error',
  message: 'Something went wrong in the service; its log says what'
}

t.test('whatever a handler throws is answered with 500 that tells nothing, and logged', async t => {
  const lines: string[] = []
  const stream = { write: (line: string) => { lines.push(line) } }
  const app = Fastify({ logger: { level: 'error', stream, serializers: { err: describeError } } })
  app.setErrorHandler(createErrorHandler(() => false))
  t.teardown(async () => { await app.close() })
  const thrown: Record<string, unknown> = {
    null: null, undefined, string: 'hunter2', number: 7, object: { password: 'hunter2' }, Error: new Error('hunter2')
  }
  for (const [name, value] of Object.entries(thrown)) {
    app.get(`/async/${name}`, async () => { throw value })
    app.get(`/sync/${name}`, () => { throw value })
  }
  await app.ready()

  for (const name of Object.keys(thrown)) {
    for (const how of ['async', 'sync']) {
      lines.length = 0
      const answer = await app.inject(`/${how}/${name}`)
      t.equal(answer.statusCode, 500, `${how} ${name}`)
      t.strictSame(answer.json(), internal, `${how} ${name}`)
      const [line, ...more] = lines.map(line => JSON.parse(line))
      t.strictSame(more, [], `${how} ${name}: one line`)
      const type = name === 'undefined' ? 'null' : name
      t.match(line, { msg: 'Request failed', err: { type, message: String } }, `${how} ${name}`)
      if (name !== 'Error') t.notMatch(JSON.stringify(line), /hunter2/, `${how} ${name}`)
    }
  }
})

const handleError = createErrorHandler(isUnavailable)

/** A service of which each request fails with the error, and its log. */
function failing (error: Error & { code?: string, statusCode?: number }) {
  const log: Array<Record<string, unknown>> = []
  const stream = { write: (line: string) => { log.push(JSON.parse(line)) } }
  const app = Fastify({ logger: { stream }, frameworkErrors: handleError })
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(createNotFoundHandler(true))
  app.get('/', async () => { throw error })
  return { app, log, told: () => log.filter(({ msg }) => !/^(incoming request|request completed)$/.test(String(msg))) }
}
const [info, warning, failure] = [30, 40, 50]
const errorOf = (code: string, message: string) => Object.assign(new Error(message), { code })

t.test('a database that is unavailable is 503 to the client, and in the log why', async t => {
  for (const [error, reason] of [
    [Object.assign(errorOf('53300', 'too many clients'), { name: 'PostgresError' }), 'too many clients'],
    [errorOf('ECONNREFUSED', 'connect ECONNREFUSED'), undefined]
  ] as const) {
    const { app, told } = failing(error)
    const response = await app.inject('/')
    t.equal(response.statusCode, 503)
    t.equal(response.headers['retry-after'], '5')
    t.match(response.json(), {
      code: 'DATABASE_UNAVAILABLE',
      message: 'The database cannot serve this now: try again in 5 seconds'
    })
    t.match(told(), [{ level: warning, msg: 'Database unavailable', code: error.code }])
    t.equal(told()[0]?.['reason'], reason)
  }
})

t.test('what is no answer to a client is 500, and in the log whole', async t => {
  for (const statusCode of [undefined, 200, 302, 500, 501]) {
    const { app, told } = failing(Object.assign(new Error('It fails'), statusCode === undefined ? {} : { statusCode }))
    const response = await app.inject('/')
    t.equal(response.statusCode, 500, `${statusCode}`)
    t.match(response.json(), { code: 'INTERNAL', message: 'Something went wrong in the service; its log says what' })
    t.match(told(), [{ level: failure, msg: 'Request failed', err: { message: 'It fails' } }])
  }
})

t.test('what tells the client something is passed on, with its code in the last line but not its words', async t => {
  for (const statusCode of [400, 499, 503]) {
    const { app, told, log } = failing(Object.assign(errorOf('OURS', 'Not so'), { statusCode }))
    const response = await app.inject('/')
    t.equal(response.statusCode, statusCode)
    t.match(response.json(), { statusCode, code: 'OURS', message: 'Not so' })
    t.strictSame(told(), [], 'no line of its own')
    t.match(log.at(-1), { level: info, msg: 'request completed', code: 'OURS', res: { statusCode } })
    t.notMatch(JSON.stringify(log), 'Not so')
  }
})

t.test('the line of the end of each refused request says why, once, and nothing that the client sent', async t => {
  for (const [asked, code, reason] of [
    [{ url: '/?hunter2' }, 'OURS', 'the field hunts'],
    [{ url: '/nowhere/1?hunter2' }, 'NOT_FOUND', 'there is no such route'],
    [{ url: '/%zz?hunter2' }, 'BAD_URL', 'The URL is not percent-encoded as it should be'],
    [
      { url: `/part/${'x'.repeat(101)}?hunter2` },
      'PARAMETER_TOO_LONG',
      'A part of the path is longer than any that this service knows'
    ],
    [{ url: '/token' }, 'TOKEN_REQUIRED', 'no token, or a wrong one'],
    [
      { method: 'POST', url: '/body', headers: { 'content-type': 'application/json' }, payload: 'hunter2' },
      'FST_ERR_CTP_INVALID_JSON_BODY',
      "Body is not valid JSON but content-type is set to 'application/json'"
    ],
    [
      { method: 'POST', url: '/body', headers: { 'content-type': 'text/hunter2' }, payload: 'hunter2' },
      'FST_ERR_CTP_INVALID_MEDIA_TYPE',
      'Unsupported Media Type'
    ]
  ] as const) {
    const { app, log } = failing(
      Object.assign(errorOf('OURS', 'hunter2 hunts'), { statusCode: 400, reason: 'the field hunts' })
    )
    app.get('/part/:part', async () => 'found')
    app.get('/token', { onRequest: createTokenGuard('hunter2') }, async () => 'let in')
    app.post('/body', async () => 'read')
    await app.inject(asked)
    const ends = log.filter(({ msg }) => msg === 'request completed')
    t.match(ends, [{ code, reason, responseTime: Number, res: { statusCode: Number } }], code)
    t.equal(log.filter(line => line['code'] !== undefined).length, 1, `${code}: once`)
    t.notMatch(JSON.stringify(ends), 'hunter2', code)
  }
})

t.test('an app that logs nothing, or nothing of requests, refuses all the same', async t => {
  for (const logger of [false, { level: 'warn' }]) {
    const app = Fastify({ logger })
    app.setNotFoundHandler(createNotFoundHandler(true))
    t.equal((await app.inject('/nowhere')).statusCode, 404)
  }
})

t.test('a logger that binds nothing afterwards is enough', async t => {
  const none = () => {}
  const levels = { fatal: none, error: none, warn: none, info: none, debug: none, trace: none, silent: none }
  const logger = { ...levels, level: 'info', isLevelEnabled: () => true, child: () => logger }
  const app = Fastify({ loggerInstance: logger })
  app.setNotFoundHandler(createNotFoundHandler(true))
  t.equal((await app.inject('/nowhere')).statusCode, 404)
})

t.test('what Fastify says of a URL is said without the URL', async t => {
  const { app } = failing(new Error())
  app.get('/:part', async () => 'found')
  t.match((await app.inject('/%zz')).json(), {
    statusCode: 400,
    code: 'BAD_URL',
    message: 'The URL is not percent-encoded as it should be'
  })
  t.match((await app.inject(`/${'x'.repeat(101)}`)).json(), {
    statusCode: 414,
    code: 'PARAMETER_TOO_LONG',
    message: 'A part of the path is longer than any that this service knows'
  })
})

t.test('a path that is not there is told, as far as a person reads it, without its query', async t => {
  const { app } = failing(new Error())
  const path = `/${'x/'.repeat(200)}`
  const { message } = (await app.inject(`${path}?secret`)).json()
  t.equal(message, `There is no GET ${path.slice(0, 200)}: /docs lists what there is`)
})
