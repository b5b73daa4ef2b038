import Fastify from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import pressure from '../../plugins/pressure.js'
import { countsOf } from '../fixtures/http.js'
import { until } from '../fixtures/until.js'

t.test('alone, it answers on all three paths, with and without a slash, to GET and HEAD', async t => {
  const app = Fastify()
  await app.register(health)
  for (const path of ['/health', '/health/', '/health/ready', '/health/ready/', '/health/live', '/health/live/']) {
    for (const method of ['GET', 'HEAD'] as const) {
      const response = await app.inject({ method, url: path })
      t.equal(response.statusCode, 200, `${method} ${path}`)
      t.equal(response.headers['cache-control'], 'no-store')
    }
  }
  t.match((await app.inject('/health/')).json(), {
    status: 'healthy',
    timestamp: Number,
    checks: {
      application: { status: 'healthy', message: 'Application is running' }
    }
  })
  await app.close()
})

t.test('it works in an app that ignores trailing slashes', async t => {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
  await app.register(health)
  t.equal((await app.inject('/health/ready/')).statusCode, 200)
  t.equal((await app.inject('/health/ready')).statusCode, 200)
})

t.test('checks of the service show, and count when they are critical', async t => {
  const app = Fastify()
  await app.register(health, { keep: 0 })
  let broken = true
  app.health.check('cache', () => { if (broken) throw new Error('cold') })
  app.health.check('disk', () => { if (broken) throw new Error('full') }, { critical: true, reason: 'disk_full' })
  const response = await app.inject('/health/')
  t.equal(response.statusCode, 503)
  t.match(response.json(), {
    status: 'unhealthy',
    checks: { cache: { status: 'unhealthy' }, disk: { status: 'unhealthy' } }
  })
  const ready = await app.inject('/health/ready/')
  t.equal(ready.statusCode, 503)
  t.same(ready.json(), { status: 'not_ready', reason: 'disk_full' })
  t.equal((await app.inject('/health/live/')).statusCode, 200)
  broken = false
  t.equal((await app.inject('/health/')).statusCode, 200)
  t.equal((await app.inject('/health/ready/')).statusCode, 200)
  t.throws(() => app.health.check('disk', () => {}), /already/)
  t.throws(() => app.health.check('application', () => {}), /already/)
})

t.test('draining turns readiness off and nothing else', async t => {
  const app = Fastify()
  await app.register(health)
  app.get('/work', async () => 'done')
  app.health.drain()
  const ready = await app.inject('/health/ready/')
  t.equal(ready.statusCode, 503)
  t.same(ready.json(), { status: 'not_ready', reason: 'shutting_down' })
  t.equal((await app.inject('/health/live/')).statusCode, 200)
  t.equal((await app.inject('/health/')).statusCode, 200)
  t.equal((await app.inject('/work')).statusCode, 200)
})

t.test('the phase is a metric, up to when all that was registered later has closed', async t => {
  const app = Fastify()
  await app.register(metrics)
  await app.register(health)
  const phase = () => Object.keys(countsOf(app, 'service.phase')).join()
  const seen = [phase()]
  app.addHook('onClose', async () => { seen.push(phase()) })
  await app.ready()
  app.health.drain()
  seen.push(phase())
  await app.close()
  t.strictSame([...seen, phase()], ['running', 'draining', 'closing', 'ended'])
})

t.test('the reason for which it is not ready is a metric, whether a probe asks or not', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics)
  await app.register(health, { keep: 1 })
  let well = true
  app.health.check('disk', () => { if (!well) throw new Error('full') }, { critical: true })
  await app.ready()
  const scraped = async (line: string) => {
    await until(line, async () => (await app.inject('/metrics')).body.split('\n').includes(line))
  }
  await scraped('service_unready{reason="overloaded"} 0')
  well = false
  await scraped('service_unready{reason="disk_failing"} 1')
  well = true
  await scraped('service_unready{reason="disk_failing"} 0')
  app.health.drain()
  await scraped('service_unready{reason="shutting_down"} 1')
})

t.test('under pressure it is not ready; not alive only when it is the event loop', async t => {
  for (const [limits, alive] of [
    [{ maxEventLoopUtilization: 1e-9, maxEventLoopDelay: 0 }, 503],
    [{ maxRssBytes: 1, maxEventLoopDelay: 0 }, 200]
  ] as const) {
    const app = Fastify()
    await app.register(health)
    await app.register(pressure, { sampleInterval: 20, ...limits })
    await app.ready()
    await until('it to be under pressure', () => app.pressure.overloaded() !== undefined)
    t.match((await app.inject('/health/')).json(), {
      status: 'unhealthy',
      checks: { application: { message: / above / } }
    })
    t.same((await app.inject('/health/ready/')).json(), { status: 'not_ready', reason: 'overloaded' })
    t.equal((await app.inject('/health/live/')).statusCode, alive)
    await app.close()
  }
})

t.test('probes are not in the request log', async t => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(health)
  await app.inject('/health/')
  await app.inject('/health/live')
  t.same(lines, [])
})

t.test('of a check that failed the log tells the reason, and a stack only of what nobody expected', async t => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
  await app.register(health, { keep: 0 })
  for (const [name, error] of Object.entries({
    full: Object.assign(new Error('no room'), { code: 'ENOSPC' }),
    filling: Object.assign(new Error('little room'), { reason: 'disk_filling', logLevel: 'info' }),
    noted: Object.assign(new Error('said elsewhere'), { reason: 'disk_filling', logLevel: 'debug' }),
    broken: new TypeError('x is undefined'),
    thrown: undefined
  })) app.health.check(name, () => { throw error }, { critical: true })
  app.health.check('slow', async () => { await new Promise(() => {}) }, { critical: true, timeout: 1 })

  await app.inject('/health/')
  const told = lines.map(line => JSON.parse(line)).map(({ level, msg, check, reason, code, err }) =>
    ({ level, msg, check, reason, code, stack: err?.stack?.split('\n')[0] }))
  t.strictSame(told.map(line => JSON.parse(JSON.stringify(line))), [
    { level: 40, msg: 'Health check full failed: no room', check: 'full', reason: 'full_failing', code: 'ENOSPC' },
    { level: 30, msg: 'Health check filling: little room', check: 'filling', reason: 'disk_filling' },
    {
      level: 40,
      msg: 'Health check broken failed: x is undefined',
      check: 'broken',
      reason: 'broken_failing',
      stack: 'TypeError: x is undefined'
    },
    { level: 40, msg: 'Health check thrown failed: undefined', check: 'thrown', reason: 'thrown_failing' },
    {
      level: 40,
      msg: 'Health check slow failed: no answer within 1 ms',
      check: 'slow',
      reason: 'slow_failing',
      code: 'TIMEOUT'
    }
  ])
})

t.test('probes and metrics answer other methods with 405 and Allow, whatever their body', async t => {
  for (const [options, allow] of [
    [{}, 'GET, HEAD'],
    [{ routerOptions: { ignoreTrailingSlash: true } }, 'GET, HEAD'],
    [{ exposeHeadRoutes: false }, 'GET']
  ] as const) {
    const app = Fastify(options)
    await app.register(health)
    await app.register(metrics, { observer: false })
    for (const url of ['/health', '/health/', '/health/ready', '/health/live', '/metrics', '/metrics/']) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
        const {
          statusCode,
          headers,
          body
        } = await app.inject({ method, url, payload: '<x>', headers: { 'content-type': 'text/xml' } })
        t.equal(statusCode, 405, `${method} ${url}`)
        t.equal(headers.allow, allow)
        t.match(JSON.parse(body), {
          code: 'METHOD_NOT_ALLOWED',
          message: `Only ${allow.replace(', ', ' and ')} are answered here`
        })
      }
    }
    await app.close()
  }
})
