import t, { type Test } from 'tap'
import { createClient, type Sql } from '../../../src/postgres/client/client.js'
import { startPostgres, type Cluster } from '../../fixtures/postgres.js'
import { freePort } from '../../fixtures/programs.js'
import { until } from '../../fixtures/until.js'

t.test('several hosts', async t => {
  const [one, other] = await Promise.all([startPostgres(t), startPostgres(t)]) as [Cluster, Cluster]
  const administer = ({ url }: Cluster) => createClient({ url, poolSize: 1, applicationName: 'admin' })
  const admins = [administer(one), administer(other)] as const
  t.teardown(async () => { await Promise.all(admins.map(async admin => { await admin.end({ timeout: 1 }) })) })
  for (const [at, admin] of admins.entries()) {
    await admin.unsafe(`
      alter user postgres password 'same';
      create table server as select ${at} as number;
      create table marks (n int)`)
  }
  const ports = [one, other].map(({ url }) => new URL(url).port) as [string, string]
  const makeReadOnly = async (at: 0 | 1, isReadOnly: boolean) => {
    const admin = admins[at]
    const wanted = isReadOnly ? 'on' : 'off'
    await admin.unsafe(`alter system set default_transaction_read_only = ${wanted}`)
    await admin`select pg_reload_conf()`
    await until('the setting to be taken', async () => {
      const [row] = await admin`select current_setting('default_transaction_read_only') as set`
      return row?.['set'] === wanted
    })
  }

  function connect (t: Test, hosts: string[], wanted = ''): Sql {
    const addresses = hosts.map(port => `127.0.0.1:${port}`).join(',')
    const url = `postgres://postgres:same@${addresses}/postgres${wanted && `?target_session_attrs=${wanted}`}`
    const sql = createClient({ url, poolSize: 2, acquireTimeoutMs: 10_000 })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    return sql
  }
  const serverOf = async (sql: Sql) => (await sql`select number from server`)[0]?.['number'] as number

  await t.test('the first that takes a connection is used', async t => {
    const closed = String(await freePort())
    t.equal(await serverOf(connect(t, [closed, ports[1], ports[0]])), 1)
    t.equal(await serverOf(connect(t, ports)), 0)
    await t.rejects(connect(t, [closed, closed])`select 1`, { code: 'ECONNREFUSED' })
  })

  await t.test('the one that is what is asked for is used', async t => {
    await makeReadOnly(0, true)
    t.equal(await serverOf(connect(t, ports, 'read-write')), 1)
    t.equal(await serverOf(connect(t, ports, 'read-only')), 0)
    t.equal(await serverOf(connect(t, ports, 'primary')), 0)
    t.equal(await serverOf(connect(t, ports, 'prefer-standby')), 0)
    const none = connect(t, ports, 'standby')
    await t.rejects(none`select 1`, { code: 'WRONG_SESSION_ATTRIBUTES', message: /is not standby/ })
    await makeReadOnly(0, false)
  })

  await t.test('a server that becomes read-only is left for the one that is not, and no write is lost', async t => {
    await makeReadOnly(1, true)
    const sql = connect(t, ports, 'read-write')
    await sql`insert into marks values (1)`
    t.equal(await serverOf(sql), 0)
    await makeReadOnly(0, true)
    await makeReadOnly(1, false)
    const codes = new Set<unknown>()
    const write = async () => await sql`insert into marks values (2)`.then(() => true, ({ code }) => {
      codes.add(code)
      return false
    })
    await until('it to write on the other', write)
    t.ok([...codes].every(code => code === '25006'), [...codes].join())
    t.equal(await serverOf(sql), 1)
    t.same(await admins[1]`select n from marks`, [{ n: 2 }])
    t.same(await admins[0]`select n from marks`, [{ n: 1 }])
    await makeReadOnly(0, false)
  })

  await t.test('a server that stops is left for the other', async t => {
    const sql = connect(t, ports)
    t.equal(await serverOf(sql), 0)
    await one.stop()
    await until('the other to answer', async () => await serverOf(sql).then(number => number === 1, () => false))
  })
})
