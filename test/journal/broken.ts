import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { payload } from '../fixtures/alertmanager.js'
import { build } from '../fixtures/app.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('a broken database is 503 with Retry-After, readiness says why, and all is well once mended', async t => {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end() })
  await admin.unsafe("create role journal login password 'one'")
  await admin.unsafe('create database journal owner journal')
  const own = Object.assign(new URL(url), { username: 'journal', password: 'one', pathname: '/journal' })
  const inside = createClient({ url: String(Object.assign(new URL(url), { pathname: '/journal' })), poolSize: 1 })
  t.teardown(async () => { await inside.end() })
  const app = await build(t, { DATABASE_URL: String(own), HEALTH_KEEP_MS: '0' })
  const disconnect = async () => {
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'journal'`
  }
  const post = async () => await app.inject({ method: 'POST', url: '/api/alerts', payload: payload() })
  const ready = async () => (await app.inject('/health/ready')).json() as { status: string, reason?: string }
  t.equal((await post()).statusCode, 200)

  const faults: Array<[string, () => Promise<unknown>, string, () => Promise<unknown>]> = [
    [
      'the table is gone',
      async () => await inside`alter table alerts rename to gone`,
      'schema_missing',
      async () => await inside`alter table gone rename to alerts`
    ],
    [
      'rights are revoked',
      async () => await inside`alter table alerts owner to postgres`,
      'database_permission_denied',
      async () => await inside`alter table alerts owner to journal`
    ],
    ['the password was changed', async () => {
      await admin`alter role journal password 'two'`
      await disconnect()
    }, 'database_login_refused', async () => await admin`alter role journal password 'one'`],
    ['the database was dropped', async () => {
      await admin`alter database journal rename to other`.catch(async () => {
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'journal'`
        await admin`alter database journal rename to other`
      })
    }, 'database_missing', async () => await admin`alter database other rename to journal`]
  ]
  for (const [title, spoil, reason, mend] of faults) {
    await spoil()
    await until(`readiness to say that ${title}`, async () => (await ready()).reason === reason, 20)
    for (const response of [await post(), await app.inject('/api/alerts'), await app.inject('/api/alerts/summary')]) {
      t.equal(response.statusCode, 503, title)
      t.equal(response.headers['retry-after'], '5', title)
    }
    await mend()
    await until(`it to be ready after ${title}`, async () => (await ready()).status === 'ready', 20)
    t.equal((await post()).statusCode, 200, `mended: ${title}`)
  }
})

t.test('before its migrations the journal is 503, too', async t => {
  const { url } = await startPostgres(t)
  const app = await build(t, { DATABASE_URL: url, MIGRATE_ON_START: 'false' })
  for (const path of ['', '/summary', '/1']) t.equal((await app.inject(`/api/alerts${path}`)).statusCode, 503, path)
  t.equal((await app.inject({ method: 'POST', url: '/api/alerts', payload: payload() })).statusCode, 503)
  t.match((await app.inject('/health/ready')).json(), { reason: 'migrations_pending' })
})

t.test('what is no webhook is counted by what is wrong, and what the database cannot take is not', async t => {
  const DATABASE_URL = 'postgres://nobody@127.0.0.1:1/none'
  const app = await build(t, { DATABASE_URL, MIGRATE_ON_START: 'false', JOURNAL_TOKEN: 'a secret' })
  const refused = async () => Object.fromEntries(
    [...(await app.inject('/metrics')).body.matchAll(/^journal_alerts_refused_total\{reason="(.*)"\} ([1-9]\d*)$/gm)]
      .map(([, reason, count]) => [reason, Number(count)])
  )
  const post = async (body: object, headers = { authorization: 'Bearer a secret' }) =>
    (await app.inject({ method: 'POST', url: '/api/alerts', payload: body, headers })).statusCode
  t.equal(await post(payload()), 503)
  t.equal(await post({}, { authorization: 'Bearer another' }), 401)
  t.strictSame(await refused(), {})
  t.equal(await post({ alerts: 'none' }), 400)
  t.equal(await post([]), 400)
  t.equal(await post({ ...payload(), text: 'x'.repeat(2 ** 24) }), 413)
  t.strictSame(await refused(), { not_a_webhook: 2, body_too_large: 1 })
})
