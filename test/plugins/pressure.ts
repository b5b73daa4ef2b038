import Fastify from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import pressure from '../../plugins/pressure.js'

t.test('it sheds with 503 and Retry-After, but never probes, metrics, or routes that are spared', async t => {
  const app = Fastify()
  await app.register(metrics)
  await app.register(health)
  await app.register(pressure, { maxRssBytes: 1, sampleInterval: 20, retryAfter: 7 })
  app.get('/work', async () => 'done')
  app.get('/spared', { config: { shed: false } }, async () => 'done')
  await app.ready()
  t.teardown(async () => { await app.close() })
  t.equal((await app.inject('/work')).statusCode, 200, 'before the first measurement')
  await new Promise(resolve => setTimeout(resolve, 60))

  const shed = await app.inject('/work')
  t.equal(shed.statusCode, 503)
  t.equal(shed.headers['retry-after'], '7')
  t.match(shed.json(), { code: 'OVERLOADED', message: 'The service is overloaded: try again in 7 seconds' })
  t.equal((await app.inject('/spared')).statusCode, 200)
  t.equal((await app.inject('/health/live/')).statusCode, 200)
  const scrape = await app.inject('/metrics/')
  t.equal(scrape.statusCode, 200)
  t.match(scrape.body, /http_request_duration_seconds_count\{method="GET",route="\/work",status_code="503"\} 1/)
})

t.test('it says what is above which limit', async t => {
  const app = Fastify()
  await app.register(pressure, { maxRssBytes: 2 ** 20, sampleInterval: 20 })
  await app.ready()
  t.teardown(async () => { await app.close() })
  t.equal(app.pressure.overloaded(), undefined)
  await new Promise(resolve => setTimeout(resolve, 60))
  t.match(app.pressure.overloaded(), /^Resident memory is \d+ MiB, above 1 MiB$/)
  t.equal(app.pressure.loopSick(), undefined)
})
