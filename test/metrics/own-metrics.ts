import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import metrics, { type MetricsOptions } from '../../plugins/metrics.js'

async function build (t: Test, options: MetricsOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false, ...options })
  return app
}

const text = async (app: FastifyInstance, accept = 'text/plain') =>
  (await app.inject({ url: '/metrics', headers: { accept } })).body

t.test('a counter, a gauge and a histogram are served from the start, with the rest, in each format', async t => {
  const app = await build(t)
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders taken' })
  const stock = app.metrics.gauge({ name: 'stock', help: 'Stock', labelNames: ['shop'] })
  const seoul = stock.labels({ shop: 'Seoul' })
  const size = app.metrics.histogram({ name: 'order_items', help: 'Items of an order', buckets: [1, 2, 5] })
  t.match(await text(app), /^orders_total 0$/m)
  orders.inc()
  orders.inc(2)
  seoul.set(5)
  seoul.dec()
  seoul.inc(0.5)
  for (const items of [1, 3, 9]) size.observe(items)
  const old = await text(app)
  t.match(old, '# HELP orders_total Orders taken\n# TYPE orders_total counter\norders_total 3\n')
  t.match(old, '# HELP stock Stock\n# TYPE stock gauge\nstock{shop="Seoul"} 4.5\n')
  t.match(
    old,
    'order_items_bucket{le="1"} 1\norder_items_bucket{le="2"} 1\norder_items_bucket{le="5"} 2\n' +
    'order_items_bucket{le="+Inf"} 3\norder_items_sum 13\norder_items_count 3\n'
  )
  const open = await text(app, 'application/openmetrics-text')
  t.match(open, '# HELP orders Orders taken\n# TYPE orders counter\norders_total 3\n')
  t.match(open, 'order_items_bucket{le="1.0"} 1\n')
})

t.test('label values are bound once, and the same values are the same series', async t => {
  const app = await build(t)
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['kind', 'shop'] })
  orders.labels({ kind: 'a', shop: 'x' }).inc()
  orders.labels({ shop: 'x', kind: 'a' }).inc()
  t.match(await text(app), /^orders_total\{kind="a",shop="x"\} 2$/m)
})

t.test('they count to the cap on series, past which one series takes the rest', async t => {
  const app = await build(t, { maxSeries: 100 })
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['customer'] })
  for (let customer = 0; customer < 500; customer++) orders.labels({ customer: String(customer) }).inc()
  const body = await text(app)
  const values = [...body.matchAll(/^orders_total\{.*\} (\d+)$/gm)].map(([, value]) => Number(value))
  t.ok(values.length < 102, `${values.length} series`)
  t.equal(values.reduce((sum, value) => sum + value), 500)
  t.match(body, /^orders_total\{customer="__overflow__"\} \d{3}$/m)
})

t.test('a gauge is set before each scrape by a function, whose exceptions are counted', async t => {
  const app = await build(t)
  let depth = 3
  app.metrics.gauge({ name: 'queue_depth', help: 'Depth', collect: gauge => { gauge.set(depth) } })
  app.metrics.gauge({ name: 'broken', help: 'Broken', collect: () => { throw new Error('no') } })
  t.match(await text(app), /^queue_depth 3$/m)
  depth = 4
  const body = await text(app)
  t.match(body, /^queue_depth 4$/m)
  t.match(body, /^metrics_hook_errors_total\{hook="refresh"\} [1-9]/m)
})

t.test('what is wrong is refused where it is made', async t => {
  const app = await build(t, { labels: { team: 'x' } })
  const help = 'Help'
  const { counter, gauge, histogram, client } = app.metrics
  t.throws(() => counter({ name: 'orders', help }), {
    name: 'TypeError',
    message: 'The counter orders needs a name that ends in _total, as in orders_total'
  })
  t.throws(() => gauge({ name: 'my-gauge', help }), {
    message: /^A gauge needs a name of letters, digits and underscores, but got "my-gauge"$/
  })
  t.throws(() => gauge({ name: 'g', help: '' }), { message: /^The gauge g needs a help text/ })
  t.throws(() => histogram({ name: 'h', help, labelNames: ['le'] }), { message: /^The histogram h has the label "le"/ })
  t.throws(
    () => histogram({ name: 'h', help, labelNames: ['team'] }),
    { message: /the label team, which is one of the option labels/ }
  )
  t.throws(
    () => histogram({ name: 'h', help, buckets: [1, 1] }),
    { name: 'RangeError', message: 'The buckets of h must be numbers in increasing order, but are [1,1]' }
  )
  t.throws(() => histogram({ name: 'h', help, buckets: [] }), RangeError)
  t.throws(
    () => counter({ name: 'http_requests_started_total', help }),
    { message: 'There is a metric http_requests_started_total already: give http_requests_started_total another name' }
  )
  t.throws(() => gauge({ name: 'http_request_duration_seconds_count', help }), /already/)
  counter({ name: 'orders_total', help })
  t.throws(() => counter({ name: 'orders_total', help }), /already/)
  t.throws(() => new client.Counter({ name: 'orders_total', help }), /orders_total cannot be registered/)
  new client.Histogram({ name: 'theirs', help }).observe(1)
  t.throws(() => gauge({ name: 'theirs_sum', help }), /already/)
  t.throws(() => counter({ name: 'c_total', help }).inc(-1), {
    name: 'RangeError',
    message: 'A counter is increased by 0 or more, but got -1'
  })
  const labelled = gauge({ name: 'labelled', help, labelNames: ['kind'] })
  t.throws(() => labelled.labels({} as { kind: string }), {
    message: 'labelled needs a value of the label kind, but got {}'
  })
})

t.test('types know the labels', async t => {
  const app = await build(t)
  const labelled = app.metrics.counter({ name: 'a_total', help: 'A', labelNames: ['kind'] })
  // @ts-expect-error its label values are not bound
  t.equal(labelled.inc, undefined)
  // @ts-expect-error there is no such label
  t.throws(() => labelled.labels({ sort: 'x' }))
  const plain = app.metrics.counter({ name: 'b_total', help: 'B' })
  // @ts-expect-error it has no labels
  t.equal(plain.labels, undefined)
  // @ts-expect-error a counter is not set
  t.equal(plain.set, undefined)
})
