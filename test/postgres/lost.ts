import { stat } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient, type ISql, type Sql } from '../../src/postgres/client/client.js'
import { executing } from '../fixtures/executing.js'
import { gate } from '../fixtures/http.js'
import { startNetwork } from '../fixtures/network.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('a client of one connection', async t => {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table marks (name text)`
  const sessions = async () =>
    (await admin`select from pg_stat_activity where application_name = 'fastify-vitals'`).length
  const kill = async () => {
    const killed = await admin<Array<{ pid: number }>>`
      select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fastify-vitals'`
    const pids = killed.map(({ pid }) => pid)
    await until(
      'the session to be gone',
      async () => (await admin`select from pg_stat_activity where pid = any(${pids})`).length === 0
    )
  }
  const bounded = (t: Test): Sql => {
    const sql = createClient({ url, poolSize: 1, acquireTimeoutMs: 60_000, queryTimeoutMs: 60_000 })
    t.teardown(async () => { await sql.end({ timeout: 0 }) })
    return sql
  }
  const one = async (sql: ISql) => (await sql<Array<{ one: number }>>`select ${1}::int as one`)[0]?.one
  const works = async (t: Test, sql: Sql) => {
    for (let i = 0; i < 5; i++) t.equal(await one(sql), 1)
  }

  await t.test('that is lost in a transaction serves who waits for it, on another', async t => {
    const sql = bounded(t)
    await one(sql)
    const transaction = sql.begin(async sql => { await sql`select pg_sleep(60)` }).then(() => 'committed', () => 'lost')
    const waiting = Array.from({ length: 3 }, async () => await one(sql))
    await executing(admin, 'pg_sleep(60)')
    await kill()
    t.equal(await transaction, 'lost')
    t.strictSame(await Promise.all(waiting), [1, 1, 1])
    await works(t, sql)
  })

  await t.test('that is lost while reserved rejects all that was asked there, and works once released', async t => {
    const sql = bounded(t)
    await one(sql)
    const reserved = await sql.reserve()
    const asked = Promise.allSettled([reserved`select pg_sleep(60)`, reserved`select 1`])
    await executing(admin, 'pg_sleep(60)')
    await kill()
    t.strictSame((await asked).map(({ status }) => status), ['rejected', 'rejected'])
    reserved.release()
    await works(t, sql)
  })

  await t.test('that has a new session has nothing executed there of a transaction that was lost', async t => {
    const sql = bounded(t)
    await one(sql)
    const [begun, replaced] = [gate(), gate()]
    const dead = sql.begin(async sql => {
      await sql`select 1`
      begun.open()
      await replaced.opened
      await sql`insert into marks values ('of the dead')`
    }).catch(() => {})
    await begun.opened
    await kill()
    await sql.begin(async sql => {
      await sql`insert into marks values ('of the living')`
      replaced.open()
      await dead
      await sql`insert into marks values ('of the living')`
    })
    t.same((await admin`select name from marks`).map(({ name }) => name), ['of the living', 'of the living'])
  })

  await t.test('lives through queries that cannot be built', async t => {
    const sql = bounded(t)
    await works(t, sql)
    const broken = () => sql`select ${undefined as unknown as string}`
    const settled = await Promise.allSettled([broken(), broken(), broken()])
    t.strictSame(settled.map(({ status }) => status), ['rejected', 'rejected', 'rejected'])
    await works(t, sql)
  })

  for (const queryTimeoutMs of [0, 5000]) {
    await t.test(`that is reset while asked did what it says, query timeout ${queryTimeoutMs} ms`, async t => {
      const network = await startNetwork(t, url)
      const sql = createClient({ url: network.url, poolSize: 1, queryTimeoutMs })
      t.teardown(async () => { await sql.end({ timeout: 0 }) })
      await admin`truncate marks`
      const told: string[] = []
      for (let round = 0; round < 60; round++) {
        await until('it to work', async () => await one(sql).then(value => value === 1, () => false))
        network.cut()
        // Asked from where a request would be, until the moment between the error and the end of the socket is met.
        for (let turn = 0; turn < round % 6; turn++) await new Promise(resolve => { stat('.', resolve) })
        const inserted = sql`insert into marks values (${`${round}`})`.then(({ count }) => {
          t.equal(count, 1, `round ${round}`)
          told.push(`${round}`)
        }, () => {})
        await Promise.all([inserted, one(sql).catch(() => {})])
      }
      await until('it to work', async () => await one(sql).then(value => value === 1, () => false))
      await sql`insert into marks values ('last')`
      const marks = (await admin<Array<{ name: string }>>`select name from marks`).map(({ name }) => name)
      t.strictSame([...told, 'last'].filter(name => !marks.includes(name)), [], 'what was told to be there is there')
    })
  }

  await t.test('answers who waits before it ends, and leaves no session', async t => {
    const sql = bounded(t)
    const asked = Promise.all([sql`select pg_sleep(0.3)`, one(sql), one(sql)])
    await sleep(50)
    await sql.end({ timeout: 60 })
    t.strictSame((await asked).slice(1), [1, 1])
    await until('no session to be left', async () => await sessions() === 0)

    const second = bounded(t)
    await one(second)
    const stuck = [
      second`select pg_sleep(60)`,
      one(second)
    ].map(async asked => await asked.then(() => 'answered', ({ code }) => code))
    await executing(admin, 'pg_sleep(60)')
    await second.end({ timeout: 0.5 })
    t.strictSame(await Promise.all(stuck), ['CONNECTION_DESTROYED', 'CONNECTION_DESTROYED'])
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fastify-vitals'`
    await until('no session to be left', async () => await sessions() === 0)
  })
})
