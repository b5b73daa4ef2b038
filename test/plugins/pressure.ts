import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import pressure, { type PressureOptions } from '../../plugins/pressure.js'
import { until } from '../fixtures/until.js'

async function build (t: Test, options: PressureOptions): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true }) as FastifyInstance
  await app.register(metrics, { observer: false })
  await app.register(health)
  await app.register(pressure, { sampleInterval: 20, ...options })
  app.get('/work', async () => 'done')
  app.get('/spared', { config: { shed: false } }, async () => 'done')
  t.teardown(async () => { await app.close() })
  return app
}

const overloaded = { maxRssBytes: 1, maxEventLoopDelay: 0 }

/** Waits until it has measured and found too much. */
async function measuredToBeOverloaded (app: FastifyInstance): Promise<void> {
  await app.ready()
  await until('the first measurement', () => app.pressure.overloaded() !== undefined)
}

function block (ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

t.test('it sheds with 503 and Retry-After, but never probes, metrics, or routes that are spared', async t => {
  const app = await build(t, { ...overloaded, retryAfter: 7 })
  t.equal((await app.inject('/work')).statusCode, 200, 'before the first measurement')
  await measuredToBeOverloaded(app)

  const shed = await app.inject('/work')
  t.equal(shed.statusCode, 503)
  t.equal(shed.headers['retry-after'], '7')
  t.match(shed.json(), { code: 'OVERLOADED', message: 'The service is overloaded: try again in 7 seconds' })
  t.equal((await app.inject('/spared')).statusCode, 200)
  t.equal((await app.inject('/health/live/')).statusCode, 200)
  const scrape = await app.inject('/metrics/')
  t.equal(scrape.statusCode, 200)
  t.match(scrape.body, /http_request_duration_seconds_count\{method="GET",route="\/work",status_code="503"\} 1/)
  t.match(scrape.body, /^http_requests_shed_total\{reason="resident_memory"\} 1$/m)
})

t.test('a message of your own is answered as it is', async t => {
  for (const message of ['No room', '100 %', '%s of %d are %j']) {
    const app = await build(t, { ...overloaded, message })
    await measuredToBeOverloaded(app)
    t.match((await app.inject('/work')).json(), { code: 'OVERLOADED', message })
  }
})

t.test('it says what is above which limit', async t => {
  const app = await build(t, { ...overloaded, maxRssBytes: 2 ** 20 })
  t.equal(app.pressure.overloaded(), undefined)
  await measuredToBeOverloaded(app)
  t.match(app.pressure.overloaded(), /^Resident memory is \d+ MiB, above 1 MiB$/)
  t.equal(app.pressure.loopSick(), undefined)
})

t.test('an error of your own, and a status route', async t => {
  class Busy extends Error {
    statusCode = 529
  }
  class Full extends Error {}
  const options = { ...overloaded, exposeStatusRoute: { url: '/status', routeSchemaOpts: {} } as never }
  for (const [customError, status] of [[Busy, 529], [Full, 503]] as const) {
    const app = await build(t, { ...options, customError, retryAfter: 7 })
    t.match((await app.inject('/status')).json(), { status: 'ok' })
    await measuredToBeOverloaded(app)
    const refused = await app.inject('/work')
    t.equal(refused.statusCode, status)
    t.equal(refused.headers['retry-after'], '7')
  }
})

t.test('a decision of your own is told what under-pressure tells, and so is that of a route', async t => {
  const asked: unknown[] = []
  const decide = (request: FastifyRequest, _reply: FastifyReply, type: string, value: number | undefined): unknown => {
    asked.push([request.url, type, typeof value])
    switch (request.headers['x-do']) {
      case 'pass': return undefined
      case 'null': return null
      case 'resolve': return Promise.resolve({ refused: 'later' })
      case 'throw': throw new Error('no')
      default: return { refused: true }
    }
  }
  const app = await build(t, { ...overloaded, pressureHandler: decide })
  app.get('/own', { config: { pressureHandler: decide, shed: false } }, async () => 'done')
  await measuredToBeOverloaded(app)
  const bodies = async (url: string) => await Promise.all(['', 'pass', 'null', 'resolve', 'throw'].map(async what => {
    const { statusCode, body } = await app.inject({ url, headers: { 'x-do': what } })
    return statusCode === 200 ? body : statusCode
  }))
  t.strictSame(await bodies('/work'), ['{"refused":true}', 'done', 'done', '{"refused":"later"}', 500])
  t.strictSame(await bodies('/own'), ['{"refused":true}', 'done', 'done', 'done', 500])
  t.strictSame(asked, ['/work', '/own'].flatMap(url => Array<unknown>(5).fill([url, 'rssBytes', 'number'])))
  const shed = async () =>
    /^http_requests_shed_total\{reason="resident_memory"\} (\d+)$/m.exec((await app.inject('/metrics')).body)?.[1]
  t.equal(await shed(), '5', 'only what was refused counts: three by that of all routes, two by that of one')
})

t.test('what a route refuses by itself counts once, in a context within, too, and if it was there before', async t => {
  const told: string[] = []
  const stream = { write: (line: string) => { told.push((JSON.parse(line) as { msg: string }).msg) } }
  const app = Fastify({ logger: { level: 'warn', stream } }) as FastifyInstance
  t.teardown(async () => { await app.close() })
  const route = (url: string, config: object) => { app.get(url, { config }, async () => 'done') }
  route('/sends', { pressureHandler: (_request: FastifyRequest, reply: FastifyReply) => { reply.code(429).send() } })
  route('/sends-later', { pressureHandler: async (_: FastifyRequest, reply: FastifyReply) => { reply.send('later') } })
  route('/rejects', { pressureHandler: async () => { throw new Error('no') } })
  route('/passes', { pressureHandler: async () => {} })
  route('/wrong', { shed: 'false', pressureHandler: true })
  await app.register(metrics, { observer: false, excludeRoutes: ['/metrics'] })
  await app.register(pressure, { ...overloaded, sampleInterval: 20 })
  await app.register(async within => {
    await within.register(pressure, { ...overloaded, sampleInterval: 20 })
    let asked = 0
    const second = () => ++asked === 2 ? 'no' : undefined
    within.get('/within', { config: { pressureHandler: second } }, async () => 'done')
    await until('the first measurement', () => within.pressure.overloaded() !== undefined)
  })
  await measuredToBeOverloaded(app)
  for (const [url, status] of Object.entries({
    '/sends': 429, '/sends-later': 200, '/rejects': 500, '/passes': 200, '/wrong': 503, '/within': 200
  })) t.equal((await app.inject(url)).statusCode, status, url)
  const { body } = await app.inject('/metrics')
  t.match(body, /^http_requests_shed_total\{reason="resident_memory"\} 5$/m)
  t.equal((await app.inject('/wrong')).statusCode, 503)
  t.strictSame(told.filter(line => line.startsWith('The option')), [
    "The option config.shed of the route /wrong is 'false', but must be true or false\n" +
    'The option config.pressureHandler of the route /wrong is true, but must be a function'
  ], 'it is too late to refuse the route, so the log says it, once')
})

t.test('what a route says of pressure is checked when it is registered', async t => {
  const app = await build(t, overloaded)
  const refused = (config: object) => () => { app.get('/bad', { config }, async () => '') }
  t.throws(refused({ shed: 'false' }), {
    name: 'TypeError',
    message: "The option config.shed of the route /bad is 'false', but must be true or false"
  })
  t.throws(refused({ pressureHandler: true }), { message: /^The option config\.pressureHandler of the route \/bad is/ })
})

t.test('one stall that is over refuses nobody and kills nobody', async t => {
  const app = await build(t, { maxEventLoopDelay: 300 })
  block(1000)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const status = async (path: string) => (await fetch(origin + path)).status
  t.equal(await status('/work'), 200, 'work before listening does not count')
  for (let round = 0; round < 3; round++) {
    const waiting = ['/work', '/health/live', '/health/ready', '/work'].map(status)
    block(1000)
    t.strictSame(await Promise.all(waiting), [200, 200, 200, 200], 'what came meanwhile')
    t.strictSame(await Promise.all(['/work', '/health/live'].map(status)), [200, 200], 'and right after it')
    // Stalls without a turn of a healthy loop between them are one.
    await sleep(100)
  }
})

t.test('a prober and a client whose period meets that of a stall are refused at most twice in a row', async t => {
  const app = await build(t, { maxEventLoopDelay: 300 })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const status = async (path: string) => (await fetch(origin + path)).status
  const paths = ['/health/live', '/health/ready', '/work']
  await Promise.all(paths.map(status))
  const seen: number[][] = []
  for (let period = 0; period < 8; period++) {
    const asked = Promise.all(paths.map(status))
    block(500)
    seen.push(await asked)
    await sleep(150)
  }
  paths.forEach((path, place) => {
    const statuses = seen.map(each => each[place])
    t.notMatch(statuses.join(' '), /503 503 503/, path)
  })
})

t.test('@fastify/under-pressure itself is as it is without this plugin', async t => {
  const underPressure = createRequire(import.meta.url)('@fastify/under-pressure')
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(underPressure, { maxEventLoopDelay: 100, sampleInterval: 20 })
  await app.ready()
  await until('it to measure the delay', async () => {
    block(200)
    await sleep(30)
    return app.memoryUsage().eventLoopDelay > 50
  })
})

t.test('a loop that is late again and again sheds, and is well as soon as it is not', async t => {
  const app = await build(t, { maxEventLoopDelay: 100 })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  let sick = true
  const stop = new AbortController()
  const busy = (async () => {
    while (!stop.signal.aborted) {
      if (sick) block(200)
      await sleep(1)
    }
  })()
  const status = async (path: string) => (await fetch(origin + path)).status
  await until('requests to be shed', async () => await status('/work') === 503)
  await until('liveness to be off', async () => await status('/health/live') === 503)
  sick = false
  await until('all to be well', async () => await status('/work') === 200 && await status('/health/live') === 200)
  t.match((await app.inject('/metrics')).body, /^http_requests_shed_total\{reason="event_loop_delay"\} [1-9]/m)
  stop.abort()
  await busy
})

t.test('a heap that is full of what nobody holds any more does not shed for long', async t => {
  const app = await build(t, { maxEventLoopDelay: 0, maxHeapUsedBytes: process.memoryUsage().heapUsed + 32 * 2 ** 20 })
  let held: unknown[] = Array.from({ length: 16 }, () => new Array(1e6).fill(0.5))
  await measuredToBeOverloaded(app)
  t.equal((await app.inject('/spared')).body.length + held.length, 'done'.length + 16)
  held = []
  t.equal((await app.inject('/work')).statusCode, 503)
  await until('requests to be served', async () => (await app.inject('/work')).statusCode === 200)
})
