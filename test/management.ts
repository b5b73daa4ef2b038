import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { connect } from './fixtures/http.js'
import { startPostgres } from './fixtures/postgres.js'
import { freePort } from './fixtures/programs.js'
import { preload, runService, startService } from './fixtures/service.js'
import { runTool } from './fixtures/tool.js'
import { until } from './fixtures/until.js'

t.test('the service with a port for operators', async t => {
  const { url } = await startPostgres(t)
  const port = await freePort()
  const environment = {
    DATABASE_URL: url,
    MANAGEMENT_PORT: String(port),
    MANAGEMENT_HOST: '127.0.0.1',
    MANAGEMENT_TOKEN: 'a token',
    HEADERS_TIMEOUT_MS: '1000'
  }
  const service = await startService(t, { ...environment, MANAGEMENT_APART: 'true' })
  const operators = `http://localhost:${port}`
  const status = async (at: string, headers = {}) => (await fetch(at, { headers })).status

  t.test('bounds how long a client takes there, one that says nothing too', async t => {
    const began = performance.now()
    for (const begun of ['', 'GET /metrics HTTP/1.1\r\nHost: a\r\n']) {
      const { socket, statuses } = await connect(t, port)
      const closed = once(socket, 'close')
      socket.write(begun)
      await closed
      t.same(await statuses(1), [408], begun)
    }
    t.ok(performance.now() - began < 60_000, 'not by the limits of Node.js, a minute each')
  })

  t.test('tells where what is, and serves it there', async t => {
    t.match(
      service.told(),
      new RegExp(
        `Metrics +${operators}/metrics/\n.*Alert journal +${service.origin}/api/alerts\n` +
        `.*API docs +${service.origin}/docs\n`
      )
    )
    for (const path of ['/metrics', '/metrics/']) {
      t.equal(await status(operators + path, { authorization: 'Bearer a token' }), 200)
      t.equal(await status(operators + path), 401)
      t.equal(await status(service.origin + path), 404)
    }
    for (const origin of [operators, service.origin]) {
      for (const path of [
        '/health',
        '/health/',
        '/health/ready/',
        '/health/live'
      ]) t.equal(await status(origin + path), 200, origin + path)
    }
    t.match(
      await (await fetch(`${operators}/health/`)).json(),
      { status: 'healthy', checks: { database: { status: 'healthy' }, application: { status: 'healthy' } } }
    )
    for (const path of ['/api/alerts', '/docs']) {
      t.equal(await status(operators + path), 404)
      t.equal(await status(service.origin + path, { authorization: 'Bearer a token' }), 200)
    }
  })

  t.test('is found well by the doctor, when it is told of that port', async t => {
    const part = ['--service', service.origin, '--skip', 'prometheus,alertmanager,grafana,test-alert']
    const { code, output } = await runTool(
      'doctor',
      [...part, '--management', `http://any:a%20token@localhost:${port}`],
      {}
    )
    t.equal(code, 0, output)
    t.match(
      (await runTool('doctor', part, {})).output,
      /Metrics +\/metrics\/ answers 404[^]*MANAGEMENT_PORT[^]*--management URL/
    )
    t.match(
      (await runTool('doctor', [...part, '--management', operators], {})).output,
      /Metrics +\/metrics\/ answers 401[^]*MANAGEMENT_TOKEN/
    )
  })

  t.test('says so when that port cannot be had', async t => {
    const { code, told } = await runService(environment)
    t.equal(code, 1)
    t.match(
      told,
      new RegExp(
        `cannot start\\. Port ${port} on 127\\.0\\.0\\.1 is in use by another program: ` +
        'stop that one, or set MANAGEMENT_PORT to another port'
      )
    )
  })

  t.test('goes on without a port that it was not told to have, and says so', async t => {
    const { MANAGEMENT_PORT: _, ...unset } = environment
    const other = createServer()
    t.teardown(() => { other.close() })
    // Another program may have it, and could let it go before the service asks for it.
    await until('the port to be had', async () => {
      other.listen(9464, '127.0.0.1')
      return await once(other, 'listening').then(() => true, () => false)
    }, 60)
    const inCluster = await preload(t, `
      import cluster from 'node:cluster'
      if (cluster.isPrimary) {
        const worker = cluster.fork()
        worker.on('exit', code => { process.exit(code) })
        process.on('SIGTERM', () => { worker.process.kill('SIGTERM') })
        await new Promise(() => {})
      }
    `)
    for (const options of ['', inCluster]) {
      const without = await startService(t, { ...unset, MANAGEMENT_PORT: '', NODE_OPTIONS: options })
      t.match(
        without.told(),
        /Port 9464 on 127\.0\.0\.1 is in use by another program: .* Metrics and probes are on the main port only/
      )
      t.equal(await status(`${without.origin}/metrics`, { authorization: 'Bearer a token' }), 200)
      t.equal(await without.stop(), 0)
    }
  })

  t.test('stops on a signal with code 0', async t => {
    t.equal(await service.stop(), 0)
  })
})
