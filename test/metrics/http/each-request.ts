import Fastify, { LogController, type FastifyInstance } from 'fastify'
import Fastify50 from 'fastify-5.0'
import t from 'tap'
import health from '../../../plugins/health.js'
import management from '../../../plugins/management.js'
import metrics from '../../../plugins/metrics.js'
import pressure from '../../../plugins/pressure.js'
import { onEachRequest } from '../../../src/metrics/http/each-request.js'
import { countsOf, listen, outcomesOf } from '../../fixtures/http.js'
import { until } from '../../fixtures/until.js'

// Those before 5.10 have no log controller.
const versions = [Fastify, Fastify50 as unknown as typeof Fastify]

t.test('what hooks answer that were registered before metrics is recorded, in each Fastify 5', async t => {
  for (const make of versions) {
    const told: string[] = []
    const app: FastifyInstance = make({ logger: { level: 'warn', stream: { write: line => { told.push(line) } } } })
    t.teardown(async () => { await app.close() })
    app.addHook('onRequest', async (request, reply) => {
      if (request.url === '/limited') await reply.code(429).send('too many')
    })
    app.register(async app => {
      app.addHook('onRequest', async (request, reply) => {
        if (request.url === '/child/limited') await reply.code(429).send('too many')
      })
      app.get('/limited', async () => 'never')
      app.get('/fine', async () => 'fine')
      app.register(async app => { app.get('/', async () => 'fine') }, { prefix: '/grandchild' })
    }, { prefix: '/child' })
    app.get('/limited', async () => 'never')
    await app.register(metrics, { observer: false, endpoint: null })
    app.register(async app => { app.get('/', async () => 'fine') }, { prefix: '/later' })
    const origin = `http://127.0.0.1:${await listen(app)}`
    for (const path of [
      '/limited',
      '/child/limited',
      '/child/fine',
      '/child/grandchild',
      '/later',
      '/nowhere',
      '/%zz'
    ]) {
      await (await fetch(origin + path)).text()
      if (path !== '/%zz') await app.inject(path)
    }
    t.strictSame(countsOf(app, 'http.server.requests'), {
      'GET /limited 429': 2,
      'GET /child/limited 429': 2,
      'GET /child/fine 200': 2,
      'GET /child/grandchild 200': 2,
      'GET /later 200': 2,
      'GET  404': 2,
      'GET  400': 1
    }, app.version)
    t.strictSame(outcomesOf(app), { started: 13, finished: 13, aborted: 0, inFlight: 0 }, app.version)
    t.strictSame(told, [])
  }
})

t.test('what pressure sheds is counted by metrics that came later, in each Fastify 5', async t => {
  for (const make of versions) {
    const app: FastifyInstance = make()
    t.teardown(async () => { await app.close() })
    await app.register(pressure, { maxRssBytes: 1, maxEventLoopDelay: 0, sampleInterval: 10 })
    await app.register(management, { token: 'secret' })
    await app.register(health)
    await app.register(metrics, { observer: false })
    app.get('/work', async () => 'done')
    await app.ready()
    await until('pressure', () => app.pressure.overloaded() !== undefined)
    t.equal((await app.inject('/work')).statusCode, 503)
    t.equal((await app.inject('/health/live')).statusCode, 200)
    const { body } = await app.inject({ url: '/metrics', headers: { authorization: 'Bearer secret' } })
    t.match(body, /^http_requests_shed_total\{reason="resident_memory"\} 1$/m, app.version)
    t.match(body, /^http_request_duration_seconds_count\{method="GET",route="\/work",status_code="503"\} 1$/m)
  }
})

t.test('a Fastify that keeps its hooks otherwise has metrics registered first, and says so', t => {
  const hooks: string[] = []
  const told: string[] = []
  const app = {
    version: '5.99.0',
    addHook: (name: string) => { hooks.push(name) },
    log: { warn: (message: string) => { told.push(message) } }
  }
  onEachRequest(app as unknown as FastifyInstance, () => {})
  t.strictSame(hooks, ['onRequest'])
  t.match(told, [/registered before them, in Fastify 5\.99\.0: register the plugin metrics first$/])
  t.end()
})

t.test('a log controller is as it was when the app has closed', async t => {
  const logController = new LogController()
  const told: string[] = []
  const own = ({ url }: { url: string }) => { told.push(url) }
  Object.defineProperty(logController, 'incomingRequest', { value: own, writable: true, configurable: true })
  const app = Fastify({ logController }) as FastifyInstance
  await app.register(metrics, { observer: false })
  await app.inject('/nowhere')
  t.strictSame(told, ['/nowhere'])
  t.equal(outcomesOf(app).finished, 1)
  await app.close()
  t.equal(logController.incomingRequest, own)
})
