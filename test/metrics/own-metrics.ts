import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import metrics, { type MetricsOptions } from '../../plugins/metrics.js'

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
  t.throws(() => gauge({ name: 'orders', help }), /^There is a metric orders already: give orders another name$/)
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

t.test('each name, label, help text and bucket is looked at, and what is wrong is shown', async t => {
  const app = await build(t, { labels: { team: 'x', zone: 'y' } })
  const help = 'Help'
  const { counter, gauge, histogram } = app.metrics
  for (const name of ['', '9lives', 'a b', 'a-b', 'ab!', 'é', undefined, 7]) {
    for (const [kind, make] of Object.entries({ counter, gauge, histogram })) {
      t.throws(() => make({ name: name as string, help }), {
        name: 'TypeError',
        message: `A ${kind} needs a name of letters, digits and underscores, but got ${JSON.stringify(name)}`
      })
    }
  }
  for (const [kind, make] of Object.entries({ counter, gauge, histogram })) {
    const name = `${kind}_of_things_total`
    for (const wrong of ['', undefined, 7]) {
      t.throws(() => make({ name, help: wrong as string }), {
        name: 'TypeError',
        message: `The ${kind} ${name} needs a help text, but got ${JSON.stringify(wrong)}`
      })
    }
    for (const label of ['__kind', 'my-kind', '1st', 'kind!', '', 'le']) {
      t.throws(() => make({ name, help, labelNames: ['fine', label] }), {
        name: 'TypeError',
        message: `The ${kind} ${name} has the label ${JSON.stringify(label)}, ` +
          'but one is letters, digits and underscores, not two of these at its beginning, and not le'
      })
    }
    t.throws(() => make({ name, help, labelNames: ['fine', 'zone'] }), {
      name: 'TypeError',
      message: `The ${kind} ${name} has the label zone, which is one of the option labels: every series has it`
    })
  }
  for (const buckets of [[NaN], [1, Infinity], [-Infinity, 1]]) {
    t.throws(() => histogram({ name: 'h', help, buckets }), { name: 'RangeError', message: /^The buckets of h must/ })
  }
  for (const buckets of [[], [1, 1], [2, 1], [1, 3, 2], ['1', '2']]) {
    t.throws(() => histogram({ name: 'h', help, buckets: buckets as number[] }), {
      name: 'RangeError',
      message: `The buckets of h must be numbers in increasing order, but are ${JSON.stringify(buckets)}`
    })
  }
  // None of these took a name.
  gauge({ name: '_a:B_9', help, labelNames: ['_kind', 'K9'] }).labels({ _kind: 'x', K9: 'y' }).set(2)
  t.match(await text(app), /^_a:B_9\{_kind="x",K9="y",team="x",zone="y"\} 2$/m)
  const buckets = [-1, 0.5]
  const low = histogram({ name: 'h', help, buckets })
  buckets.push(0)
  low.observe(-3)
  t.match(await text(app), /^h_bucket\{team="x",zone="y",le="-1"\} 0\n.*le="0\.5"\} 1\n.*le="\+Inf"\} 1\n/m)
})

t.test('amounts and label values are taken as they are meant', async t => {
  const app = await build(t)
  const help = 'Help'
  const { counter, gauge, histogram } = app.metrics
  const count = counter({ name: 'count_total', help })
  count.inc(0)
  for (const amount of [-1, NaN, {}]) {
    t.throws(() => { count.inc(amount as number) }, {
      name: 'RangeError',
      message: `A counter is increased by 0 or more, but got ${String(amount)}`
    })
  }
  const level = gauge({ name: 'level', help })
  level.inc()
  level.inc(3)
  level.dec(1.5)
  level.dec()
  const kinds = gauge({ name: 'kinds', help, labelNames: ['kind'] })
  kinds.labels({ kind: 7 as unknown as string }).set(1)
  t.throws(() => kinds.labels({ kind: undefined as unknown as string }), {
    name: 'TypeError',
    message: 'kinds needs a value of the label kind, but got {}'
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
  t.equal(labelled.inc, undefined)
  // @ts-expect-error there is no such label
  t.throws(() => labelled.labels({ sort: 'x' }))
  const plain = app.metrics.counter({ name: 'b_total', help: 'B' })
  // @ts-expect-error it has no labels
  t.equal(plain.labels, undefined)
  // @ts-expect-error a counter is not set
  t.equal(plain.set, undefined)
})
