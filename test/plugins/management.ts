import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import docs from '../../plugins/docs.js'
import health from '../../plugins/health.js'
import management, { type ManagementOptions } from '../../plugins/management.js'
import metrics from '../../plugins/metrics.js'
import { until } from '../fixtures/until.js'
import { connect, finishedOf, outcomesOf, settles } from '../fixtures/http.js'

const hidden = ['/metrics', '/metrics/', '/%6detrics', '/docs', '/docs/', '/docs/json', '/docs/yaml', '/docs/static/swagger-ui.css', '/docs/static/index.html']
const shared = ['/health', '/health/', '/health/ready', '/health/live/']

const underWay: Array<Promise<void>> = []

async function build (t: Test, options: ManagementOptions): Promise<FastifyInstance> {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true }, return503OnClosing: false }) as FastifyInstance
  await app.register(management, options)
  await app.register(docs, { version: '1' })
  await app.register(metrics)
  await app.register(health)
  app.get('/work', async () => 'done')
  app.get('/metricsandmore', async () => 'done')
  app.get('/slow', async () => { await underWay.at(-1) })
  t.teardown(async () => { await app.close() })
  return app
}

const basic = (password: string) => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`

t.test('with a token, metrics and docs are only for who has it, and all else is for everyone', async t => {
  const app = await build(t, { token: 'hunter:2' })
  const status = async (url: string, authorization?: string) => (await app.inject({ url, headers: { ...(authorization && { authorization }) } })).statusCode
  for (const url of hidden) {
    for (const authorization of [undefined, 'Bearer', 'Bearer hunter', basic(''), basic('hunter'), `Basic ${Buffer.from('hunter:2').toString('base64')}`, 'Basic !']) {
      const response = await app.inject({ url, headers: { ...(authorization && { authorization }) } })
      t.equal(response.statusCode, 401, `${url} ${authorization}`)
      t.match(response.headers['www-authenticate'], /^Basic realm=/)
      t.match(response.json(), { code: 'TOKEN_REQUIRED' })
    }
    for (const authorization of ['Bearer hunter:2', basic('hunter:2')]) t.ok([200, 302].includes(await status(url, authorization)), `${url} ${authorization}`)
    t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 401, `HEAD ${url}`)
  }
  for (const url of [...shared, '/work', '/metricsandmore']) t.equal(await status(url), 200, url)
})

t.test('apart, metrics and docs are on the one port, all else on the other, and probes on both', async t => {
  const app = await build(t, { apart: true })
  const { port } = await app.management.listen({ host: '127.0.0.1', port: 0 })
  const main = await app.listen({ host: '127.0.0.1', port: 0 })
  const operators = `http://127.0.0.1:${port}`
  const status = async (url: string) => (await fetch(url)).status
  for (const path of hidden) {
    t.equal(await status(operators + path), 200, path)
    t.equal(await status(main + path), 404, path)
  }
  for (const path of shared) {
    t.equal(await status(operators + path), 200, path)
    t.equal(await status(main + path), 200, path)
  }
  for (const path of ['/work', '/metricsandmore']) {
    t.equal(await status(operators + path), 404, path)
    t.equal(await status(main + path), 200, path)
  }
  t.match(await (await fetch(`${operators}/docs/json`)).json(), { paths: { '/work': { get: {} }, '/metrics': { get: {} } } })

  t.test('where both are counted, what is not HTTP as well', async t => {
    t.match(finishedOf(app), { 'GET /metrics 200': 3, 'GET /health 200': 4, 'GET /work 200': 1 })
    const connection = await connect(t, port)
    connection.socket.write('Not HTTP\r\n\r\n')
    await connection.statuses(1)
    t.match(await (await fetch(`${operators}/metrics`)).text(), /^http_client_errors_total\{code="400"\} 1$/m)
  })

  t.test('and the port for operators answers while a request on the other keeps the app from closing', async t => {
    let finish = () => {}
    const connection = await connect(t, Number(new URL(main).port))
    underWay.push(new Promise<void>(resolve => { finish = resolve }))
    connection.send('GET /slow')
    await settles(t, () => outcomesOf(app).inFlight, 1, 'it is under way')
    const closed = app.close()
    await until('the main port to be closed', async () => await fetch(main).then(() => false, () => true))
    t.match(await (await fetch(`${operators}/health/ready`)).json(), { reason: 'shutting_down' })
    t.equal(await status(`${operators}/metrics`), 200)
    finish()
    t.same(await connection.statuses(1), [200])
    await connection.leave()
    await closed
    await t.rejects(fetch(operators))
  })
})

t.test('a port that is in use is an error', async t => {
  const app = await build(t, { apart: true })
  const { port } = await app.management.listen({ host: '127.0.0.1', port: 0 })
  const other = await build(t, { apart: true })
  await t.rejects(other.management.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
})

t.test('without being apart there is nothing to listen with', async t => {
  const app = await build(t, {})
  await t.rejects(app.management.listen({ host: '127.0.0.1', port: 0 }), /"apart": true/)
  for (const url of [...hidden, ...shared, '/work']) t.ok((await app.inject(url)).statusCode < 400, url)
})
