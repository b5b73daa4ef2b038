import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t from 'tap'
import docs from '../../plugins/docs.js'
import metrics from '../../plugins/metrics.js'
import { histogramsOf, numbersOf, parse } from '../fixtures/exposition.js'
import { measured } from '../fixtures/http.js'

const read = (body: string) => parse(body.replace(/\n{2,}/g, '\n'))

t.test('a scrape tells how large the one before was, how long all took, and how many series there are', async t => {
  const app = await measured(t)
  const began = performance.now()
  const first = await app.inject('/metrics')
  const second = await app.inject('/metrics')
  const most = (performance.now() - began) / 1000
  const families = read(second.body)
  t.strictSame(numbersOf(families.get('metrics_scrape_bytes')), { '[]': first.rawPayload.length })
  const [duration] = Object.values(histogramsOf(families.get('metrics_scrape_duration_seconds')))
  t.equal(duration?.count, 1)
  t.ok((duration?.sum ?? 0) > 0 && (duration?.sum ?? 0) <= most, `${duration?.sum} s of ${most}`)
  t.equal(numbersOf(read(first.body).get('metrics_scrape_bytes'))['[]'], 0)
  const held = app.metrics.catalogue.held
  const third = read((await app.inject('/metrics')).body)
  t.equal(numbersOf(third.get('metrics_series'))['[]'], held)
})

t.test('it is compressed for who takes that, and kept by no cache', async t => {
  const app = await measured(t)
  await app.inject('/metrics')
  const plain = await app.inject('/metrics')
  const { headers, rawPayload } = await app.inject({ url: '/metrics', headers: { 'accept-encoding': 'gzip' } })
  const text = gunzipSync(rawPayload)
  t.match(headers, { 'content-encoding': 'gzip', 'content-type': plain.headers['content-type'] })
  t.strictSame([...read(text.toString()).keys()], [...read(plain.body).keys()])
  t.equal(plain.headers['content-encoding'], undefined)
  for (const answer of [headers, plain.headers]) {
    t.match(answer, { 'cache-control': 'no-store', vary: 'accept, accept-encoding' })
  }
  const { body } = await app.inject('/metrics')
  t.equal(numbersOf(read(body).get('metrics_scrape_bytes'))['[]'], text.length, 'what is told is the size of the text')
})

t.test('a metric that a service makes later is in the next one', async t => {
  const app = await measured(t)
  const has = async () => read((await app.inject('/metrics')).body).has('orders_total')
  t.notOk(await has())
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders' })
  t.ok(await has())
  orders.inc(3)
  const { body } = await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text' } })
  t.match(body, /^orders_total 3$/m)
})

t.test('the documentation has the path that it is asked at', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(docs, { version: '1' })
  await app.register(metrics, { observer: false })
  const { paths } = (await app.inject('/docs/json')).json()
  t.match(paths, {
    '/metrics/': {
      get: {
        tags: ['probes'],
        summary: 'Metrics in Prometheus\' text format or OpenMetrics, as the scraper asks'
      }
    }
  })
})
