import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import postgres from '../../plugins/postgres.js'
import type { Sql } from '../../src/postgres/client/client.js'
import { startNetwork } from '../fixtures/network.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('app.sql', async t => {
  const { url, stop, start } = await startPostgres(t)
  const status = async (app: {
    inject: (url: string) => Promise<{ statusCode: number }>
  }, path: string) => (await app.inject(path)).statusCode

  t.test('asks the database, alone or beside other plugins, and is ended with the app', async t => {
    const app = Fastify()
    await app.register(postgres, { url })
    const { sql } = app
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    await app.close()
    await t.rejects(sql`select 1`, { code: 'CONNECTION_ENDED' })
  })

  t.test('is joined by further databases with names, whose numbers have them for a label', async t => {
    const app = Fastify()
    await app.register(metrics)
    await app.register(health)
    await app.register(postgres, { url, name: 'reports' })
    t.throws(() => app.sql`select 1`, { message: /app\.sql\.reports/ })
    await app.register(postgres, { url })
    const { reports } = app.sql as unknown as { reports: Sql }
    t.same(await reports`/* report */ select 2 as two`, [{ two: 2 }])
    t.same(await app.sql`/* own */ select 1 as one`, [{ one: 1 }])
    t.equal(await status(app, '/health'), 200)
    const { body } = await app.inject('/metrics')
    t.match(body, /^db_query_duration_seconds_count\{.*query="report".*\} 1$/m)
    t.match(body, /^db_query_duration_seconds_count\{.*pool="reports".*query="report"/m)
    t.match(body, /^db_connections_max\{pool="reports"\} 10$/m)
    for (const check of [
      'database',
      'database_reports'
    ]) t.match(body, new RegExp(`^health_check_up\\{check="${check}"\\}`, 'm'))
    await app.close()
    await t.rejects(reports`select 1`, { code: 'CONNECTION_ENDED' })
  })

  t.test('cannot be taken twice under one name', async t => {
    for (const [names, message] of [
      [
        ['reports', 'reports'],
        /^postgres is registered twice with the name "reports", so app\.sql\.reports is a database already: give the s/
      ], [[undefined, 'begin'], /"begin".*choose another/], [[undefined, undefined], /registered twice/]
    ] as const) {
      const app = Fastify()
      const register = async (name?: string) => await app.register(postgres, { url, ...name !== undefined && { name } })
      await register(names[0])
      await t.rejects(register(names[1]), { message })
      await app.close().catch(() => {})
    }
  })

  t.test('closing does not wait for a query longer than the deadline', async t => {
    const app = Fastify()
    await app.register(postgres, { url, closeTimeoutSeconds: 0.2 })
    const query = t.rejects(app.sql`select pg_sleep(30)`, { code: 'CONNECTION_DESTROYED' })
    await app.sql`select 1`
    await app.close()
    await query
  })

  t.test('a saturated pool is not a dead database', async t => {
    const app = Fastify()
    await app.register(health, { keep: 0 })
    await app.register(postgres, { url, poolSize: 1, closeTimeoutSeconds: 0 })
    app.sql`select pg_sleep(30)`.catch(() => {})
    app.sql`select 1`.catch(() => {})
    t.equal(await status(app, '/health/ready/'), 200)
    await app.close()
  })

  t.test('a database that does not answer in time is not reached', async t => {
    const network = await startNetwork(t, url)
    const app = Fastify()
    await app.register(health, { keep: 0, timeout: 200 })
    await app.register(postgres, { url: network.url, closeTimeoutSeconds: 0 })
    await until('it to be ready', async () => await status(app, '/health/ready/') === 200)
    network.stall()
    t.same((await app.inject('/health/ready/')).json(), { status: 'not_ready', reason: 'database_unreachable' })
    network.resume()
    await until('it to be ready again', async () => await status(app, '/health/ready/') === 200)
    await app.close()
  })

  t.test('notices go to the log at debug, without what they say, which may be values', async t => {
    const lines: Array<Record<string, unknown>> = []
    const app = Fastify({
      logger: { level: 'debug', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } }
    })
    await app.register(postgres, { url })
    await app.sql.unsafe('do $$ begin raise notice \'hello\'; end $$')
    t.match(
      lines.find(({ msg }) => /notice/.test(String(msg))),
      { level: 20, severity: 'NOTICE', routine: 'exec_stmt_raise' }
    )
    t.notMatch(JSON.stringify(lines), /hello/)
    await app.close()
  })

  t.test('an onNotice that throws fails no query; it is counted, and told once', async t => {
    const lines: Array<{ hook?: string, msg: string }> = []
    const stream = { write: (line: string) => { lines.push(JSON.parse(line)) } }
    const app = Fastify({ logger: { level: 'error', stream } })
    t.teardown(async () => { await app.close() })
    await app.register(metrics)
    await app.register(postgres, { url, onNotice: () => { throw new Error('broken') } })
    for (let times = 0; times < 2; times++) await app.sql`drop table if exists nowhere`
    t.match(lines, [{ hook: 'onNotice', msg: /^onNotice of postgres threw/, err: { message: 'broken' } }])
    t.equal(lines.length, 1)
    t.match((await app.inject('/metrics')).body, /^metrics_hook_errors_total\{hook="postgres_onNotice"\} 2$/m)
  })

  t.test('a parameter that the server does not know is a reason of its own', async t => {
    const app = Fastify()
    t.teardown(async () => { await app.close() })
    await app.register(health)
    await app.register(postgres, { url: `${url}?serch_path=shop` })
    const { statusCode, body } = await app.inject('/health/ready')
    t.match([statusCode, JSON.parse(body)], [503, { reason: 'database_parameter_refused' }])
  })

  t.test('migrations that are pending make it not ready, and say so; later ones do not, once it was', async t => {
    const migrations = [{ version: 1, name: 'one', sql: '' }]
    const ready = async (app: FastifyInstance) => (await app.inject('/health/ready/')).json()
    const counts = async (app: FastifyInstance) => [
      ...(await app.inject('/metrics')).body.matchAll(/^db_migrations_(?:applied|pending) (\d+)$/gm)
    ].map(([, count]) => Number(count))
    const serve = async () => {
      const app = Fastify()
      await app.register(metrics, { observer: false })
      await app.register(health, { keep: 0 })
      await app.register(postgres, { url, migrations })
      t.teardown(async () => { await app.close() })
      return app
    }
    const app = await serve()
    t.same(await ready(app), { status: 'not_ready', reason: 'migrations_pending' })
    t.strictSame(await counts(app), [0, 1])
    t.equal(await status(app, '/health/'), 200)
    await app.sql`create table schema_migrations (version integer, name text)`
    await app.sql`insert into schema_migrations values (2, 'two'), (1, 'one')`
    t.same(await ready(app), { status: 'not_ready', reason: 'database_newer' }, 'it has not served before')
    await app.sql`delete from schema_migrations where version = 2`
    t.equal(await status(app, '/health/ready/'), 200)
    t.strictSame(await counts(app), [1, 0])

    await app.sql`insert into schema_migrations values (2, 'two')`
    t.equal(await status(app, '/health/ready/'), 200, 'a newer version has migrated, and this one goes on')
    t.same(await ready(await serve()), { status: 'not_ready', reason: 'database_newer' }, 'and none starts any more')
    await app.sql`update schema_migrations set name = 'uno' where version = 1`
    t.same(await ready(app), { status: 'not_ready', reason: 'migrations_changed' })
    await app.sql`drop table schema_migrations`
  })

  t.test('tables that are missing are told of, at debug where the migrations that make them are pending', async t => {
    const pending = [{ version: 1, name: 'one', sql: '' }]
    const cases: Array<[typeof pending | undefined, level: number]> = [[pending, 20], [[], 40], [undefined, 40]]
    for (const [migrations, level] of cases) {
      const lines: Array<Record<string, unknown>> = []
      const app = Fastify({
        logger: { level: 'debug', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } }
      })
      await app.register(health, { keep: 0 })
      await app.register(postgres, { url, tables: ['nowhere'], ...migrations && { migrations } })
      const reason = migrations === pending ? 'migrations_pending' : 'schema_missing'
      t.same((await app.inject('/health/ready/')).json(), { status: 'not_ready', reason })
      t.match(lines.find(({ check }) => check === 'tables'), { level })
      t.same((await app.inject('/health/')).json().checks.database.message, 'Database connection is working')
      await app.close()
    }
  })

  t.test('when the database goes away health and readiness turn 503, not liveness, and come back', async t => {
    const app = Fastify()
    await app.register(health, { keep: 0 })
    await app.register(postgres, { url })
    t.teardown(async () => { await app.close() })
    t.equal(await status(app, '/health/'), 200)

    await stop()
    await until('readiness 503', async () => await status(app, '/health/ready/') === 503)
    t.same((await app.inject('/health/ready/')).json(), { status: 'not_ready', reason: 'database_unreachable' })
    const report = await app.inject('/health/')
    t.equal(report.statusCode, 503)
    t.match(report.json(), {
      status: 'unhealthy',
      checks: {
        database: { status: 'unhealthy', message: 'database check failed: ECONNREFUSED' },
        application: { status: 'healthy' }
      }
    })
    t.equal(await status(app, '/health/live/'), 200)
    await t.rejects(app.sql`select 1`)

    await start()
    await until('readiness 200', async () => await status(app, '/health/ready/') === 200, 2)
    t.equal(await status(app, '/health/'), 200)
    t.same(await app.sql`select 1 as one`, [{ one: 1 }])
  })
})

t.test('neither log nor error shows the password', async t => {
  let log = ''
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => { log += line } } } })
  await app.register(health)
  await app.register(postgres, { url: 'postgres://user:hunter2@127.0.0.1:1/db' })
  const error = await app.sql`select 1`.catch(error => error)
  app.log.error({ err: error, error }, 'failed')
  await app.inject('/health/')
  t.match(log, /ECONNREFUSED/)
  t.notMatch(log, /hunter2/)
  await app.close()
  await t.rejects(
    async () => await Fastify().register(postgres, { url: 'postgres://user:hunter2@host:bad/db' }),
    { message: /^The database URL cannot be read \(ERR_INVALID_URL\)(?!.*hunter2)/ }
  )
})
