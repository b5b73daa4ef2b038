import Fastify, { type FastifyInstance } from 'fastify'
import prom from 'prom-client'
import t, { type Test } from 'tap'
import metrics from '../../../plugins/metrics.js'
import { parse } from '../../fixtures/exposition.js'
import { parseOpenMetrics } from '../../fixtures/open-metrics.js'

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(metrics, { names: ['fastify', 'django'] })
  t.teardown(async () => { await app.close() })
  return app
}

/** Reads both formats; each throws where a family or a series comes twice. */
async function read (app: FastifyInstance) {
  const text = await app.inject('/metrics')
  t.equal(text.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const open = await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text;version=1.0.0' } })
  t.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  parseOpenMetrics(open.body)
  return parse(text.body)
}

t.test('a metric that would come out under a name that is served is refused, with its name and what to do', async t => {
  const { Counter, Gauge, Histogram, Summary } = (await build(t)).metrics.client
  const help = 'x'
  t.throws(
    () => new Counter({ name: 'http_requests_started_total', help }),
    {
      message: 'The metric http_requests_started_total cannot be registered: ' +
        'fastify-vitals serves http_requests_started_total itself, so give yours another name'
    }
  )
  t.throws(
    () => new Gauge({ name: 'http_request_duration_seconds_count', help }),
    /serves http_request_duration_seconds_count itself/
  )
  t.throws(
    () => new Histogram({ name: 'http_request_duration_seconds', help }),
    /serves http_request_duration_seconds itself/
  )
  t.throws(() => new Summary({ name: 'db_query_duration_seconds', help }), /serves db_query_duration_seconds itself/)
  t.throws(
    () => new Gauge({ name: 'process_resident_memory_bytes', help }),
    /serves process_resident_memory_bytes itself/
  )
  t.throws(() => new Gauge({ name: 'django_migrations_applied_total', help }), /itself/)
  for (const reserved of ['http_requests_started', 'http_request_duration_seconds_created']) {
    t.throws(() => new Gauge({ name: reserved, help }), new RegExp(`serves ${reserved} itself`), 'OpenMetrics has it')
  }
  new Gauge({ name: 'http_server_active_requests', help }).set(1)
  t.pass('one that only a naming which is not served has is free')
})

t.test('whatever is done to the registry, no family comes twice and both formats are served', async t => {
  const app = await build(t)
  const { client, initMetricsInRegistry } = app.metrics
  const { register } = client
  await read(app)
  const before = [...(await read(app)).keys()]

  initMetricsInRegistry.call(app.metrics)
  t.strictSame([...(await read(app)).keys()], before, 'initMetricsInRegistry() again')
  register.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8' as never)
  t.strictSame([...(await read(app)).keys()], before, 'setContentType()')
  register.setDefaultLabels({ le: '1', route: '/', pod: 'a' })
  const orders = new client.Counter({ name: 'orders_total', help: 'Orders' })
  orders.inc()
  t.strictSame(
    (await read(app)).get('orders_total')?.samples[0]?.labels,
    { le: '1', route: '/', pod: 'a' },
    'setDefaultLabels()'
  )
  t.strictSame(client.collectDefaultMetrics.metricsList, prom.collectDefaultMetrics.metricsList)
  client.collectDefaultMetrics()
  client.collectDefaultMetrics({ labels: { pod: 'a' } })
  t.strictSame([...(await read(app)).keys()].filter(name => name !== 'orders_total'), before, 'collectDefaultMetrics()')
  client.collectDefaultMetrics({ prefix: 'my_' })
  t.ok((await read(app)).has('my_nodejs_heap_size_used_bytes'), 'collectDefaultMetrics() with names of their own')
  register.clear()
  const left = await read(app)
  for (const name of [
    'http_requests_started_total',
    'process_cpu_seconds_total',
    'build_info'
  ]) t.ok(left.has(name), `${name} after clear()`)
  t.notOk(left.has('orders_total'))
  initMetricsInRegistry.call(app.metrics)
  t.strictSame([...(await read(app)).keys()], before, 'clear() and initMetricsInRegistry()')
})

t.test('a metric of prom-client takes the names of its own series, and no others', async t => {
  const { client: { Counter, Gauge, Histogram, Summary }, gauge } = (await build(t)).metrics
  const help = 'x'
  for (const suffix of ['bucket', 'sum']) {
    for (const kind of ['counter', 'gauge', 'summary', 'histogram']) gauge({ name: `${kind}_${suffix}`, help })
  }
  new Counter({ name: 'counter', help }).inc()
  new Gauge({ name: 'gauge', help }).set(1)
  t.throws(() => new Summary({ name: 'summary', help }), {
    message: 'The metric summary cannot be registered: ' +
      'fastify-vitals serves summary_sum itself, so give yours another name'
  })
  t.throws(() => new Histogram({ name: 'histogram', help }), /serves histogram_bucket itself/)

  gauge({ name: 'size_bucket', help })
  new Summary({ name: 'size', help }).observe(1)
  t.throws(() => gauge({ name: 'size_sum', help }), /^There is a metric size_sum already: give size_sum another name$/)
  t.throws(() => gauge({ name: 'size_count', help }), /already/)
  t.throws(() => gauge({ name: 'size_bucket', help }), /already/)
})
