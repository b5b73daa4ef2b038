import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import prom from 'prom-client'
import t, { type Test } from 'tap'
import metrics, { type MetricsOptions } from '../../../plugins/metrics.js'

async function build (t: Test, options: MetricsOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false, ...options })
  return app
}

async function logged (t: Test) {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: line => { lines.push(line) } } } })
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false })
  return { app, told: () => lines.map(line => JSON.parse(line) as { metric: string, msg: string }) }
}

const byMetric = (one: { metric: string }, other: { metric: string }) => one.metric < other.metric ? -1 : 1

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
  t.match(await text(app), /^metrics_hook_errors_total\{hook="collect"\} 0$/m)
})

t.test('what was recorded is read back, as in a test', async t => {
  const app = await build(t, { maxSeries: 100 })
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders taken' })
  const stock = app.metrics.gauge({ name: 'stock', help: 'Stock', labelNames: ['shop'] })
  const size = app.metrics.histogram({ name: 'order_items', help: 'Items of an order', buckets: [1, 2, 5] })
  const read = () => ({
    orders: orders.value,
    stock: stock.labels({ shop: 'Seoul' }).value,
    size: [size.count, size.sum]
  })
  t.strictSame(read(), { orders: 0, stock: 0, size: [0, 0] })
  orders.inc(2)
  orders.inc()
  stock.labels({ shop: 'Seoul' }).set(4.5)
  for (const items of [1, 3, 9]) size.observe(items)
  t.strictSame(read(), { orders: 3, stock: 4.5, size: [3, 13] })
  // @ts-expect-error It is only read.
  t.throws(() => { orders.value = 1 }, TypeError)
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

t.test('a gauge is set before each scrape by a function', async t => {
  const app = await build(t)
  let depth = 3
  app.metrics.gauge({ name: 'queue_depth', help: 'Depth', collect: gauge => { gauge.set(depth) } })
  app.metrics.gauge({ name: 'theirs', help: 'As of prom-client', collect () { this.set(7) } })
  t.match(await text(app), /^queue_depth 3$/m)
  depth = 4
  const body = await text(app)
  t.match(body, /^queue_depth 4$/m)
  t.match(body, /^theirs 7$/m)
})

t.test('a scrape waits for an async function that sets a gauge, with and without the observer', async t => {
  for (const observer of [false, {}] as const) {
    const app = await build(t, { observer })
    await app.listen({ port: 0 })
    let depth = 3
    app.metrics.gauge({
      name: 'queue_depth',
      help: 'Depth',
      labelNames: ['queue'],
      collect: async gauge => {
        await sleep(20)
        gauge.labels({ queue: 'mail' }).set(depth)
      }
    })
    t.match(await text(app), /^queue_depth\{queue="mail"\} 3$/m)
    depth = 4
    t.match(await text(app), /^queue_depth\{queue="mail"\} 4$/m)
  }
})

t.test('collect that fails, sync or async, is counted and told of once, and the last value served', async t => {
  const { app, told } = await logged(t)
  const fail = { one: false, other: false }
  app.metrics.gauge({
    name: 'one',
    help: 'One',
    collect: async gauge => {
      await sleep(1)
      if (fail.one) throw new Error('database is away')
      gauge.set(5)
    }
  })
  app.metrics.gauge({
    name: 'other',
    help: 'Other',
    collect: gauge => {
      if (fail.other) throw new Error('no queue')
      gauge.set(6)
    }
  })
  const counted = async () => /^metrics_hook_errors_total\{hook="collect"\} (\d+)$/m.exec(await text(app))?.[1]
  t.equal(await counted(), '0')
  fail.one = fail.other = true
  for (const count of ['2', '4', '6']) t.equal(await counted(), count)
  t.match(await text(app), /^one 5\n[^]*^other 6$/m)
  const failed = (name: string, why: string) => ({
    metric: name,
    msg: `The function collect of the metric ${name} failed, and what was set before is served: ${why}`
  })
  t.match(told().sort(byMetric), [failed('one', 'database is away'), failed('other', 'no queue')])
  t.equal(told().length, 2, 'once')
  fail.one = false
  await text(app)
  fail.one = true
  await text(app)
  await text(app)
  t.strictSame(told().map(({ metric }) => metric).sort(), ['one', 'one', 'other'], 'again after it has worked')
})

t.test('collect that is late is not waited for again, nor called again until it has ended', async t => {
  const { app, told } = await logged(t)
  let calls = 0
  let end = () => {}
  app.metrics.gauge({
    name: 'late',
    help: 'Late',
    collect: async gauge => {
      const value = ++calls
      if (value === 2) await new Promise<void>(resolve => { end = resolve })
      gauge.set(value)
    }
  })
  t.match(await text(app), /^late 1$/m)
  const [one, other] = await Promise.all([text(app), text(app)])
  t.match(one, /^late 1$/m)
  t.match(other, /^late 1$/m)
  t.match(await text(app), /^late 1$/m)
  t.equal(calls, 2)
  t.match(told(), [{ metric: 'late', msg: /: it has not ended within 1000 ms$/ }])
  end()
  await sleep(1)
  t.match(await text(app), /^late 3$/m)
  t.match(await text(app), /^late 4$/m)
  t.equal(told().length, 1)
})

t.test('what is wrong is refused where it is made', async t => {
  const app = await build(t, { labels: { team: 'x' } })
  const help = 'Help'
  const { counter, gauge, histogram, client } = app.metrics
  const wrong: Array<[make: (options: never) => unknown, options: object, message: string | RegExp]> = [
    [counter, { name: 'orders', help }, 'The name of the counter orders must end in _total, as in orders_total'],
    [
      gauge,
      { name: 'my-gauge', help },
      "The option name of the gauge my-gauge is 'my-gauge', but must be letters, digits and underscores"
    ],
    [gauge, { help }, 'The option name of a gauge must be letters, digits and underscores, and is missing'],
    [gauge, { name: 'g', help: '' }, "The option help of the gauge g is '', but must be a string that is not empty"],
    [counter, { name: 'c_total' }, /^The option help of the counter c_total must be .*, and is missing$/],
    [
      histogram,
      { name: 'h', help, labelNames: ['le'] },
      /^The option labelNames\[0\] of the histogram h is 'le', .* le$/
    ],
    [
      histogram,
      { name: 'h', help, labelNames: ['__a'] },
      /labelNames\[0\] of the histogram h is '__a', but must be let/
    ],
    [
      histogram,
      { name: 'h', help, labelNames: 'ab' },
      /labelNames of the histogram h is 'ab', but must be a list, each/
    ],
    [histogram, { name: 'h', help, labelNames: ['a', 'a'] }, 'The option labelNames of the histogram h has a twice'],
    [
      histogram,
      { name: 'h', help, labelNames: ['team'] },
      'The option labelNames of the histogram h has team, which is one of the option labels of metrics: ' +
      'every series has it'
    ],
    [
      counter,
      { name: 'c_total', help, labelnames: ['k'] },
      /c_total has no option labelnames: did you mean labelNames\?$/
    ],
    [
      counter,
      { name: 'c_total', help, labelName: ['k'] },
      /c_total has no option labelName: did you mean labelNames\?$/
    ],
    [histogram, { name: 'h', help, bucket: [1] }, 'the histogram h has no option bucket: did you mean buckets?'],
    [counter, { name: 'c_total', help, buckets: [1] }, /^the counter c_total has no option buckets: only a histogram/],
    [counter, { name: 'c_total', help, collect: () => {} }, /no option collect: only a gauge is .*\.client\.Counter$/],
    [histogram, { name: 'h', help, collect: () => {} }, /no option collect: only a gauge is .*\.client\.Histogram$/],
    [gauge, { name: 'g', help, collect: 'x' }, "The option collect of the gauge g is 'x', but must be a function"],
    [gauge, { name: 'g', help, registers: [] }, /^the gauge g has no option registers: it is served with the rest/],
    [histogram, { name: 'h', help, percentiles: [0.5] }, /^the histogram h has no option percentiles: a summary, /],
    [
      histogram,
      { name: 'h', help, buckets: [] },
      /^The option buckets of the histogram h is \[\], but must be a list of/
    ],
    [
      histogram,
      { name: 'h', help, buckets: [1, NaN] },
      /^The option buckets\[1\] of the histogram h is NaN, but must be/
    ],
    [histogram, { name: 'h', help, buckets: [-1, 0] }, /^The option buckets\[0\] of the histogram h is -1, but must be/]
  ]
  for (const [make, options, message] of wrong) {
    t.throws(() => make(options as never), { name: 'TypeError', message }, String(message))
  }
  t.throws(
    () => histogram({ name: 'h', help, buckets: [1, 1] }),
    {
      name: 'RangeError',
      message: 'The option buckets of the histogram h is [ 1, 1 ], but must be in increasing order'
    }
  )
  t.throws(
    () => counter({ name: 'http_requests_started_total', help }),
    { message: 'There is a metric http_requests_started_total already: give http_requests_started_total another name' }
  )
  t.throws(() => gauge({ name: 'http_request_duration_seconds_count', help }), /already/)
  counter({ name: 'orders_total', help })
  t.throws(() => counter({ name: 'orders_total', help }), /already/)
  t.throws(() => gauge({ name: 'orders', help }), /^There is a metric orders already: give orders another name$/)
  t.throws(() => new client.Counter({ name: 'orders_total', help }), /orders_total cannot be registered/)
  new client.Histogram({ name: 'theirs', help }).observe(1)
  t.throws(() => gauge({ name: 'theirs_sum', help }), /already/)
})

t.test('a metric takes the names of its series in each format, and no others', async t => {
  const { counter, gauge, histogram } = (await build(t)).metrics
  const help = 'Help'
  const taken = (name: string) => { t.throws(() => gauge({ name, help }), /already: give \w+ another name$/, name) }
  histogram({ name: 'size', help })
  for (const name of ['size', 'size_bucket', 'size_sum', 'size_count', 'size_created']) taken(name)
  counter({ name: 'orders_total', help })
  for (const name of ['orders_total', 'orders', 'orders_created']) taken(name)
  histogram({ name: 'weight_total', help })
  for (const name of ['level', 'level_created', 'level_sum', 'level_total', 'orders_sum', 'weight']) {
    gauge({ name, help })
  }
})

t.test('each name, label, help text and bucket is looked at, and what is wrong is shown', async t => {
  const app = await build(t, { labels: { team: 'x', zone: 'y' } })
  const help = 'Help'
  const { counter, gauge, histogram } = app.metrics
  for (const name of ['', '9lives', 'a b', 'a-b', 'ab!', 'é', undefined, 7]) {
    for (const make of [counter, gauge, histogram]) {
      t.throws(() => make({ name: name as string, help }), {
        name: 'TypeError',
        message: /^The option name of (the|a) (counter|gauge|histogram).* must be letters, digits and underscores/
      })
    }
  }
  for (const [kind, make] of Object.entries({ counter, gauge, histogram })) {
    const name = `${kind}_of_things_total`
    for (const wrong of ['', undefined, 7]) {
      t.throws(() => make({ name, help: wrong as string }), {
        name: 'TypeError',
        message: new RegExp(`^The option help of the ${kind} ${name} .*must be a string that is not empty`)
      })
    }
    for (const label of ['__kind', 'my-kind', '1st', 'kind!', '', 'le']) {
      t.throws(() => make({ name, help, labelNames: ['fine', label] }), {
        name: 'TypeError',
        message: `The option labelNames[1] of the ${kind} ${name} is '${label}', ` +
          'but must be letters, digits and underscores, not two of these at its beginning, and not le'
      })
    }
    t.throws(() => make({ name, help, labelNames: ['fine', 'zone'] }), {
      name: 'TypeError',
      message: `The option labelNames of the ${kind} ${name} has zone, which is one of the option labels of metrics: ` +
        'every series has it'
    })
  }
  for (const buckets of [[], [NaN], [1, Infinity], [-Infinity, 1], [-1, 1], ['1', '2']]) {
    t.throws(() => histogram({ name: 'h', help, buckets: buckets as number[] }), {
      name: 'TypeError',
      message: /^The option buckets(\[[01]\])? of the histogram h is .*, but must be /
    })
  }
  for (const buckets of [[1, 1], [2, 1], [1, 3, 2], [-0, 0]]) {
    t.throws(() => histogram({ name: 'h', help, buckets }), {
      name: 'RangeError',
      message: `The option buckets of the histogram h is ${inspect(buckets)}, but must be in increasing order`
    })
  }
  // None of these took a name.
  gauge({ name: '_a:B_9', help, labelNames: ['_kind', 'K9'] }).labels({ _kind: 'x', K9: 'y' }).set(2)
  t.match(await text(app), /^_a:B_9\{_kind="x",K9="y",team="x",zone="y"\} 2$/m)
  const buckets = [0, 0.5]
  const low = histogram({ name: 'h', help, buckets })
  buckets.push(0)
  low.observe(-3)
  t.match(await text(app), /^h_bucket\{team="x",zone="y",le="0"\} 1\n.*le="0\.5"\} 1\n.*le="\+Inf"\} 1\n/m)
})

t.test('amounts and label values are taken as they are meant', async t => {
  const app = await build(t)
  const help = 'Help'
  const { counter, gauge, histogram } = app.metrics
  const count = counter({ name: 'count_total', help })
  count.inc(0)
  const level = gauge({ name: 'level', help })
  level.inc()
  level.inc(3)
  level.dec(1.5)
  level.dec()
  const kinds = gauge({ name: 'kinds', help, labelNames: ['kind'] })
  kinds.labels({ kind: 7 as unknown as string }).set(1)
  t.throws(() => kinds.labels({ kind: undefined as unknown as string }), {
    name: 'TypeError',
    message: 'kinds needs a value of the label kind, but got { kind: undefined }'
  })
  histogram({ name: 'seconds', help }).observe(0.03)
  const body = await text(app)
  t.match(body, /^count_total 0$/m)
  t.match(body, /^level 1\.5$/m)
  t.match(body, /^kinds\{kind="7"\} 1$/m)
  t.strictSame(
    [...body.matchAll(/^seconds_bucket\{le="(.*)"\} (\d)$/gm)].map(([, le, value]) => `${le} ${value}`).join(),
    '0.005 0,0.01 0,0.025 0,0.05 1,0.1 1,0.25 1,0.5 1,1 1,2.5 1,5 1,10 1,+Inf 1',
    'as prom-client has them'
  )
})

t.test('what is no number is refused where it is recorded, as prom-client does, and changes nothing', async t => {
  const app = await build(t)
  const help = 'Help'
  const counter = app.metrics.counter({ name: 'c_total', help })
  const gauge = app.metrics.gauge({ name: 'g', help })
  const histogram = app.metrics.histogram({ name: 'h', help, buckets: [1] })
  t.throws(() => counter.inc(-1), {
    name: 'RangeError',
    message: 'The counter c_total is increased by 0 or more, but got -1'
  })
  for (const value of [NaN, Infinity, -Infinity, '5', 'abc', null, { kind: 'x' }] as number[]) {
    const message = /, but got (NaN|-?Infinity|'5'|'abc'|null|{ kind: 'x' })$/
    t.throws(() => counter.inc(value), { name: 'TypeError', message })
    t.throws(() => gauge.inc(value), { name: 'TypeError', message })
    t.throws(() => gauge.dec(value), { name: 'TypeError', message })
    t.throws(() => histogram.observe(value), { name: 'TypeError', message })
    if (typeof value !== 'number') t.throws(() => gauge.set(value), { name: 'TypeError', message })
  }
  t.throws(() => histogram.observe(undefined as unknown as number), TypeError)
  const body = await text(app)
  t.match(body, /^c_total 0$/m)
  t.match(body, /^g 0$/m)
  t.match(body, /^h_count 0$/m)
  gauge.set(Infinity)
  t.match(await text(app), /^g \+Inf$/m, 'a gauge may be')
})

t.test('a metric with labels says how they are bound, and one without that it has none', async t => {
  const app = await build(t)
  const help = 'Help'
  const orders = app.metrics.counter({ name: 'orders_total', help, labelNames: ['kind', 'shop'] })
  const unbound = orders as unknown as Record<string, (values?: unknown) => void>
  t.throws(() => unbound.inc?.({ kind: 'a' }), {
    name: 'TypeError',
    message: 'orders_total has labels, whose values are bound first: ' +
      "const series = orders_total.labels({ kind: '…', shop: '…' }), once, and then series.inc()"
  })
  const wrong: Array<[values: unknown, message: string]> = [
    [{ kind: 'a' }, "orders_total needs a value of the label shop, but got { kind: 'a' }"],
    [{ kind: 'a', shp: 'b' }, 'orders_total has no label shp: did you mean shop?'],
    [
      { kind: 'a', shop: 'b', colour: 'c' },
      'orders_total has no label colour: its labels are kind, shop'
    ],
    [{ kind: 'a', shop: {} }, 'orders_total needs a text for the label shop, but got {}'],
    [{ kind: 'a', shop: null }, 'orders_total needs a text for the label shop, but got null'],
    ['a', "orders_total is given values of its labels as labels({ kind: '…', shop: '…' }), but got 'a'"],
    [undefined, "orders_total is given values of its labels as labels({ kind: '…', shop: '…' }), but got undefined"]
  ]
  for (const [values, message] of wrong) t.throws(() => orders.labels(values as never), { name: 'TypeError', message })
  orders.labels({ kind: 1, shop: true } as never).inc()
  t.match(await text(app), /^orders_total\{kind="1",shop="true"\} 1$/m)
  const plain = app.metrics.gauge({ name: 'plain', help }) as unknown as typeof orders
  t.throws(() => plain.labels({ kind: 'a', shop: 'b' }), {
    name: 'TypeError',
    message: 'plain has no labels: give labelNames where it is made'
  })
})

t.test('what is in the default registry of prom-client, and not served, is told of once', async t => {
  const { Counter, Gauge, register } = prom
  t.teardown(() => { register.clear() })
  const help = 'Help'
  const theirs = new Counter({ name: 'theirs_total', help })
  const gauges = ['one', 'two', 'three'].map(name => new Gauge({ name, help }))
  prom.collectDefaultMetrics()
  const { app, told } = await logged(t)
  await app.ready()
  t.match(told(), [{
    metrics: ['theirs_total', 'one', 'two', 'three'],
    msg: 'The default registry of prom-client has metrics that are not served: theirs_total, one, two and 1 more. ' +
      'Make them with app.metrics.counter, gauge or histogram, or have each served as it is: ' +
      'app.metrics.client.register.registerMetric(metric)'
  }])
  t.equal(told().length, 1)

  const other = await logged(t)
  for (const metric of [theirs, ...gauges]) other.app.metrics.client.register.registerMetric(metric)
  await other.app.ready()
  t.strictSame(other.told(), [], 'what is served is not told of')
  theirs.inc()
  t.match(await text(other.app), /^theirs_total 1$/m)
})

t.test('what is thrown by a function that sets a gauge need not be an error', async t => {
  const { app, told } = await logged(t)
  const thrown: unknown = 'no queue'
  app.metrics.gauge({ name: 'texts', help: 'Texts', collect: () => { throw thrown } })
  t.match(await text(app), /^texts 0$/m)
  t.match(told(), [{ metric: 'texts', msg: /served: no queue$/ }])
  t.notOk('err' in (told()[0] as object))
})

t.test('types know the labels', async t => {
  const app = await build(t)
  const labelled = app.metrics.counter({ name: 'a_total', help: 'A', labelNames: ['kind'] })
  // @ts-expect-error its label values are not bound
  t.throws(() => labelled.inc())
  // @ts-expect-error there is no such label
  t.throws(() => labelled.labels({ sort: 'x' }))
  const plain = app.metrics.counter({ name: 'b_total', help: 'B' })
  // @ts-expect-error it has no labels
  t.throws(() => plain.labels({}))
  // @ts-expect-error a counter is not set
  t.equal(plain.set, undefined)
})
