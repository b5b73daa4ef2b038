import t from 'tap'
import { autocannon } from '../fixtures/autocannon.js'
import { histogramsOf } from '../fixtures/exposition.js'
import { long } from '../fixtures/faults.js'
import { finishedOf, listen, measured, outcomesOf, scrape, settles } from '../fixtures/http.js'

const histograms = [
  'http_request_duration_seconds', 'http_server_request_duration_seconds', 'django_http_requests_latency_seconds',
  'django_http_requests_latency_seconds_by_view_method'
]

const connections = 8

for (const [pipelining, amount] of [[1, long ? 100_000 : 5000], [10, long ? 20_000 : 10_000]] as const) {
  t.test(`after ${amount} requests, ${pipelining} at once per connection, the counters equal autocannon's`, async t => {
    const app = await measured(t, { names: ['fastify', 'django', 'otel'] })
    app.get('/', async () => ({ hello: 'world' }))
    app.get('/missing/:id', async (_request, reply) => await reply.code(404).send('none'))
    app.get('/fails', async () => { throw new Error('broken') })
    app.post('/made', async (_request, reply) => await reply.code(201).send())
    const port = await listen(app)
    const requests = ['GET /', 'GET /missing/7', 'GET /', 'POST /made', 'GET /fails', 'GET /nowhere', 'GET /', 'GET /']
      .map(text => text.split(' ') as [string, string])
      .map(([method, path]) => ({ method, path }))

    const {
      requests: { total, sent },
      statusCodeStats,
      errors,
      timeouts
    } = await autocannon({ url: `http://127.0.0.1:${port}`, connections, pipelining, amount, requests })
    t.match({ sent, errors, timeouts }, { sent: amount, errors: 0, timeouts: 0 })
    // It leaves without reading what it has pipelined last, and may be gone before that is written.
    t.equal(total, amount - connections * (pipelining - 1), 'answers that it read')

    await settles(t, () => outcomesOf(app).inFlight, 0, 'all have ended')
    const { started, finished, aborted } = outcomesOf(app)
    t.strictSame([started, finished + aborted], [amount, amount])
    const byStatus = { 200: 0, 201: 0, 404: 0, 500: 0 }
    for (const [series, count] of Object.entries(finishedOf(app))) {
      byStatus[series.slice(-3) as unknown as keyof typeof byStatus] += count
    }
    const unread = Object.entries(byStatus).map(([status, count]) => count - (statusCodeStats[status]?.count ?? 0))
    t.ok(unread.every(count => count >= 0), 'no status more often than we counted')
    t.equal(unread.reduce((sum, count) => sum + count), finished - total, 'nor less often but for what it did not read')

    const families = await scrape(app)
    for (const name of histograms) {
      t.equal(
        Object.values(histogramsOf(families.get(name))).reduce((sum, { count }) => sum + count, 0),
        finished,
      `${name}: buckets sum to counts, and these to all`
      )
    }
  })
}
