import Fastify from 'fastify'
import t from 'tap'
import metrics from '../../plugins/metrics.js'

t.test('it serves process, Node.js and HTTP metrics in a content type that Prometheus 2 and 3 take', async t => {
  const app = Fastify()
  await app.register(metrics)
  app.get('/things/:id', async () => 'thing')
  await app.inject('/things/1')
  for (const url of ['/metrics', '/metrics/']) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, 200)
    t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    t.match(body, /^process_cpu_seconds_total \d/m)
    t.match(body, /^nodejs_version_info\{/m)
    t.match(body, /^http_request_duration_seconds_count\{method="GET",route="\/things\/:id",status_code="200"\} 1$/m)
  }
})

t.test('two apps in a process have a registry each', async t => {
  const [one, two] = [Fastify(), Fastify()]
  await one.register(metrics)
  await two.register(metrics)
  for (const app of [one, two]) {
    const { Counter, Gauge, Histogram, Summary } = app.metrics.client
    new Counter({ name: 'orders_total', help: 'Orders' }).inc(3)
    new Gauge({ name: 'stock', help: 'Stock' }).set(2)
    new Histogram({ name: 'weight_kilograms', help: 'Weight' }).observe(1)
    new Summary({ name: 'size_metres', help: 'Size' }).observe(1)
  }
  one.metrics.client.register.removeSingleMetric('stock')
  t.match((await one.inject('/metrics')).body, /^orders_total 3$/m)
  t.notMatch((await one.inject('/metrics')).body, /^stock/m)
  t.match((await two.inject('/metrics')).body, /^stock 2$[^]*^weight_kilograms_count 1$[^]*^size_metres_count 1$/m)
})

t.test('each hook that may fail is there at 0 from the start', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false })
  const { body } = await app.inject('/metrics')
  const hooks = [...body.matchAll(/^metrics_hook_errors_total\{hook="(.*)"\} 0$/gm)].map(([, hook]) => hook)
  t.strictSame(hooks.sort(), [
    'client_error', 'collect', 'connection_close', 'error', 'eventloop_delay', 'finish', 'finish_apart', 'gc',
    'http2_request', 'query', 'refresh', 'request', 'route_labels', 'server_timing', 'upgrade'
  ])
})
