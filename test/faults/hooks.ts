import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import postgres from '../../plugins/postgres.js'
import pressure from '../../plugins/pressure.js'
import { HistogramCell, ValueCell } from '../../src/metrics/cell.js'
import { report } from '../fixtures/faults.js'
import { connect, countsOf, gate, listen, measured } from '../fixtures/http.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

const hookErrors = (app: FastifyInstance) => countsOf(app, 'metrics.hook.errors')

/** Has what records throw, of instruments whose names begin so; also of series that come later. */
function sabotage (t: Test, app: FastifyInstance, prefix: string): void {
  const { instruments } = app.metrics.catalogue
  const cells = () =>
    new Set(
      [...instruments].filter(([name]) => name.startsWith(prefix)).flatMap(
        ([, { series }]) => series.map(({ cell }) => cell)
      )
    )
  const fails = (method: string) => function (this: HistogramCell | ValueCell, value: number) {
    if (cells().has(this)) throw new Error(`sabotage of ${prefix}`)
    Reflect.apply(originals[method] as () => void, this, [value])
  }
  const originals: Record<string, unknown> = {
    record: HistogramCell.prototype.record,
    add: ValueCell.prototype.add,
    set: ValueCell.prototype.set
  }
  Object.assign(HistogramCell.prototype, { record: fails('record') })
  Object.assign(ValueCell.prototype, { add: fails('add'), set: fails('set') })
  t.teardown(() => {
    Object.assign(HistogramCell.prototype, { record: originals['record'] })
    Object.assign(ValueCell.prototype, { add: originals['add'], set: originals['set'] })
  })
}

async function start (t: Test, pressureOptions = {}) {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(metrics)
  await app.register(health, { keep: 0 })
  await app.register(pressure, { sampleInterval: 20, maxEventLoopDelay: 0, ...pressureOptions })
  app.get('/', async () => 'served')
  app.get('/fails', async () => { throw new TypeError('broken') })
  app.health.check('fine', async () => 'well', { critical: true })
  const port = await listen(app)
  t.teardown(async () => { await app.close() })
  return { app, port, get: async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status }
}

t.test('an exception inside a hook of ours leaves the request served, and is counted', async t => {
  for (const [what, prefix, hook, path, status] of [
    ['as a request begins', 'http.server.started', 'request', '/', 200],
    ['as an answer ends', 'http.server.requests', 'finish', '/', 200],
    ['as an error is counted', 'http.server.errors', 'error', '/fails', 500],
    ['as a health check is recorded', 'health.', 'health_check', '/health/', 200]
  ] as const) {
    await t.test(what, async t => {
      const { app, get } = await start(t)
      await get(path)
      sabotage(t, app, prefix)
      for (let i = 0; i < 3; i++) t.equal(await get(path), status)
      t.match(hookErrors(app), { [hook]: 3 })
    })
  }

  await t.test('as a request is shed', async t => {
    const { app, get } = await start(t, { maxRssBytes: 1 })
    await until('load to be shed', async () => await get('/') === 503)
    sabotage(t, app, 'http.server.shed')
    t.equal(await get('/'), 503)
    t.match(hookErrors(app), { shed: 1 })
  })

  await t.test('as a client leaves, is refused, or asks by inject()', async t => {
    const { app, port, get } = await start(t)
    app.metrics.catalogue.instruments.get('http.server.client_errors')?.cell('400')
    sabotage(t, app, 'http.server.')
    const leaving = await connect(t, port)
    leaving.socket.write('not HTTP\r\n\r\n')
    await until('the refusal to be counted', () => hookErrors(app)['client_error'] === 1)
    t.equal((await app.inject('/')).statusCode, 200)
    t.equal(await get('/'), 200)
  })

  await t.test('as the connection of a request closes', async t => {
    const app = await measured(t)
    const { opened, open } = gate()
    app.get('/', async () => { await opened })
    const client = await connect(t, await listen(app))
    t.teardown(open)
    client.send('GET /')
    await until('the request to be under way', () => countsOf(app, 'http.server.started')[''] === 1)
    sabotage(t, app, 'http.server.aborted')
    await client.leave()
    await until('it to be counted', () => hookErrors(app)['connection_close'] === 1)
  })

  await t.test('as numbers are gathered for a scrape, the service\'s own included', async t => {
    const { app } = await start(t)
    app.metrics.catalogue.onRefresh(() => { throw new Error('broken') })
    const { Gauge, register } = app.metrics.client
    register.registerMetric(
      new Gauge({ name: 'broken', help: 'Throws.', registers: [], collect () { throw new Error('broken') } })
    )
    register.registerMetric(
      new Gauge({
        name: 'stuck',
        help: 'Never ends.',
        registers: [],
        collect: async () => { await new Promise(() => {}) }
      })
    )
    register.registerMetric(new Gauge({ name: 'well', help: 'Does not.', registers: [], collect () { this.set(7) } }))
    await app.inject('/metrics')
    const { statusCode, body } = await app.inject('/metrics')
    t.equal(statusCode, 200)
    t.match(body, /^well 7$/m)
    t.notMatch(body, /^(broken|stuck)/m)
    t.match(body, /^http_requests_in_flight 1$/m)
    app.metrics.catalogue.refresh()
    t.match(hookErrors(app), { refresh: 2, collect: 4 })
  })

  await t.test('as a query ends', async t => {
    const { url } = await startPostgres(t)
    const app = Fastify()
    await app.register(metrics)
    await app.register(postgres, { url })
    t.teardown(async () => { await app.close() })
    await app.sql`/* one */ select 1`
    sabotage(t, app, 'db.query')
    t.same(await app.sql`/* one */ select 1 as one`, [{ one: 1 }])
    app.metrics.catalogue.refresh()
    t.match(hookErrors(app), { query: 1 })
  })

  await report(t, '16-hooks', {
    fault: 'An exception inside any hook of ours',
    seen: 'as a request, a query, a check and a connection begin and end, ' +
      'as load is shed, errors are counted and numbers are gathered: all was served',
    promised: 'What is measured goes on; the exception is counted in `metrics_hook_errors_total` by its hook'
  })
})
