import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import t, { type Test } from 'tap'
import { createClient, type ISql, type Sql } from '../../src/postgres/client/client.js'
import type { ClientOptions } from '../../src/postgres/client/client-options.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

// What postgres.js 3.4.9 does wrong by its own issues, each as they tell it.
t.test('what is wrong in the driver is right here', async t => {
  const server = await startPostgres(t, { settings: { wal_level: 'logical' } })
  const { url } = server
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table marks (name text)`
  const marks = async () => {
    const rows = await admin<Array<{ name: string }>>`select name from marks order by name`
    return rows.map(({ name }) => name)
  }
  const inTransaction = async () => (await admin`
    select from pg_stat_activity
    where application_name = 'fastify-vitals' and state like 'idle in transaction%'`).length
  const pidOf = async (sql: ISql) => {
    const [row] = await sql<Array<{ pid: number }>>`select pg_backend_pid() as pid`
    return row?.pid as number
  }
  const kill = async (pid: number) => {
    await admin`select pg_terminate_backend(${pid})`
    const sessions = async () => (await admin`select from pg_stat_activity where pid = ${pid}`).length
    await until('the session to be gone', async () => await sessions() === 0)
  }

  function connect (t: Test, options: Partial<ClientOptions> = {}): Sql {
    const sql = createClient({ url, poolSize: 1, acquireTimeoutMs: 60_000, ...options })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    return sql
  }

  await t.test('porsager/postgres#1155: nothing is executed outside of a transaction that idled too long', async t => {
    const sql = connect(t)
    const transaction = sql.begin(async sql => {
      await sql`set local idle_in_transaction_session_timeout = 50`
      await sleep(300)
      await sql`insert into marks values ('outside')`
    })
    const others = Array.from({ length: 3 }, async () => await pidOf(sql))
    await t.rejects(transaction, { code: 'CONNECTION_CLOSED' })
    t.equal(new Set(await Promise.all(others)).size, 1)
    await sleep(400)
    t.strictSame(await marks(), [])
  })

  await t.test('porsager/postgres#1173: a COPY of a bad row rejects, as does its transaction, and ends', async t => {
    const sql = connect(t)
    await admin`create table numbers (n int)`
    for (let round = 0; round < 3; round++) {
      let told: unknown
      const transaction = sql.begin(async sql => {
        await sql`insert into marks values ('with a COPY')`
        const writable = await sql`copy numbers (n) from stdin`.writable()
        await pipeline(Readable.from(['1\n', '2\n', 'three\n', '4\n']), writable).catch(error => {
          told = error
          throw error
        })
      })
      await t.rejects(transaction, { code: '22P02' })
      t.match(told, { code: '22P02' })
    }
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    t.equal(await inTransaction(), 0)
    t.strictSame(await marks(), [])
    t.equal((await admin`select from numbers`).length, 0)
  })

  await t.test('porsager/postgres#1181: rows are right after a query that failed in the midst of its own', async t => {
    const sql = connect(t)
    const failing = sql`select n, 1 / (4 - n) as boom from generate_series(1, 10) as n`
    const asked = sql`select n from generate_series(1, 5) as n`
    const [failed, answered] = await Promise.allSettled([failing, asked])
    t.match(failed, { reason: { code: '22012' } })
    t.match(answered, { value: [1, 2, 3, 4, 5].map(n => ({ n })) })
    await sql.begin(async sql => {
      await sql.savepoint(async sql => {
        await sql`select 1 / (4 - n) from generate_series(1, 10) as n`
      }).catch(() => {})
      t.same(await sql`select n from generate_series(1, 2) as n`, [{ n: 1 }, { n: 2 }])
    }).catch(() => {})
  })

  await t.test('porsager/postgres#1186: what is queued in a transaction rejects when that is cut off', async t => {
    const sql = connect(t)
    let asked: Array<Promise<unknown>> = []
    const transaction = sql.begin(async sql => {
      const pid = await pidOf(sql)
      asked = Array.from({ length: 200 }, async () => await sql`select pg_sleep(10)`)
      const settled = Promise.allSettled(asked)
      await kill(pid)
      await settled
      await sql`insert into marks values ('outside')`
    })
    await t.rejects(transaction, { code: 'CONNECTION_CLOSED' })
    const outcomes = await Promise.allSettled(asked)
    const codes = outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.code)
    t.strictSame(new Set(codes), new Set(['CONNECTION_CLOSED']))
    t.strictSame(await marks(), [])
  })

  for (const fetchTypes of [true, false]) {
    await t.test(`porsager/postgres#1195: reserve() outlives what it waits for, array types ${fetchTypes}`, async t => {
      const sql = connect(t, { fetchTypes })
      const held = await sql.reserve()
      const waiting = [sql.reserve(), sql.reserve()]
      await kill(await pidOf(held))
      for (const reserved of waiting) {
        const sql = await reserved
        t.same(await sql`select 1 as one`, [{ one: 1 }])
        sql.release()
      }
      held.release()
    })
  }

  await t.test('porsager/postgres#1208: what is asked of a reserved connection that was lost rejects', async t => {
    const sql = connect(t, { poolSize: 2 })
    const reserved = await sql.reserve()
    await kill(await pidOf(reserved))
    for (let round = 0; round < 5; round++) {
      await t.rejects(reserved`insert into marks values ('outside')`, { code: 'CONNECTION_CLOSED' })
      await sleep(10)
    }
    await t.rejects(reserved.unsafe('x'.repeat(5000)), { code: 'CONNECTION_CLOSED' })
    reserved.release()
    reserved.release()
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    t.strictSame(await marks(), [])
  })

  await t.test('porsager/postgres#499: a COPY that is paused while it is read gives its connection back', async t => {
    const sql = connect(t, { poolSize: 2 })
    const sizes = await Promise.all(Array.from({ length: 10 }, async () => {
      const readable = await sql`copy pg_catalog.pg_attribute to stdout`.readable()
      const zipped = readable.pipe(createGzip())
      let size = 0
      for await (const chunk of zipped) size += (chunk as Buffer).length
      return size
    }))
    t.ok(sizes.every(size => size > 10_000))
    for (let i = 0; i < 10; i++) {
      const readable = await sql.unsafe('copy pg_catalog.pg_attribute to stdout').readable()
      readable.pipe(createGzip()).resume()
      t.same(await sql.unsafe('select $1::int as n', [i]), [{ n: i }])
    }
  })

  await t.test('porsager/postgres#1166: a cursor whose connection is lost between two batches rejects', async t => {
    const sql = connect(t)
    let rows = 0
    const read = async () => {
      for await (const batch of sql`select pg_backend_pid() as pid, n from generate_series(1, 100) as n`.cursor(10)) {
        rows += batch.length
        if (rows === 30) {
          await kill(batch[0]?.['pid'] as number)
          await sleep(100)
        }
      }
    }
    await t.rejects(read(), { code: 'CONNECTION_CLOSED' })
    t.equal(rows, 30)
    t.same(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('porsager/postgres#1197: parameters are what they were when a statement is prepared anew', async t => {
    const sql = connect(t)
    await admin`create table things (id int, flag boolean, doc jsonb, bytes bytea)`
    const insert = async (id: number) => await sql`
      insert into things (id, flag, doc, bytes)
      values (${id}, ${true}, ${sql.json({ a: 1 })}, ${Buffer.from('abc')}) returning *`
    await insert(1)
    await insert(2)
    await admin`alter table things alter column id type bigint`
    t.match(await insert(3), [{ id: '3', flag: true, doc: { a: 1 }, bytes: Buffer.from('abc') }])
    await sql`deallocate all`
    t.match(await insert(4), [{ id: '4', flag: true, doc: { a: 1 }, bytes: Buffer.from('abc') }])
  })

  await t.test('porsager/postgres#1219: reserve() on a cold pool does not need the array types', async t => {
    const sql = connect(t, { fetchTypes: false })
    const reserved = await sql.reserve()
    t.same(await reserved`select 1 as one`, [{ one: 1 }])
    reserved.release()
  })

  await t.test('porsager/postgres#925: a client ends after a connection was reserved and released', async t => {
    const sql = connect(t)
    const reserved = await sql.reserve()
    reserved.release()
    await sql.end()
  })

  await t.test('porsager/postgres#1189: a transaction begun behind many queries has its session alone', async t => {
    const sql = connect(t, { poolSize: 2 })
    const before = Array.from({ length: 250 }, async () => await sql`select 1`)
    const transactions = Array.from({ length: 20 }, async (_, i) => await sql.begin(async sql => {
      const [begun] = await sql<Array<{ xact: string }>>`select pg_current_xact_id()::text as xact`
      await sleep(1)
      const [ending] = await sql<Array<{ xact: string }>>`select pg_current_xact_id()::text as xact`
      t.equal(begun?.xact, ending?.xact, `transaction ${i}`)
      return begun?.xact
    }))
    await Promise.all(before)
    t.equal(new Set(await Promise.all(transactions)).size, 20)
  })

  await t.test('porsager/postgres#757: a subscription comes back when the server does', async t => {
    const sql = connect(t, { driver: { publications: 'alltables' } })
    await admin`create publication alltables for all tables`
    const seen: string[] = []
    let subscribed = 0
    const lost: unknown[] = []
    const { unsubscribe } = await sql.subscribe(
      'insert:marks',
      row => { seen.push(row?.['name']) },
      () => { subscribed++ },
      (...told: unknown[]) => { lost.push(told[0]) })
    await admin`insert into marks values ('before')`
    await until('it to be told', () => seen.length === 1)
    for (const name of ['after the first restart', 'after the second']) {
      const known = subscribed
      await server.start()
      await until('it to subscribe again', () => subscribed > known, 30)
      const insert = async () => await admin`insert into marks values (${name})`.then(() => true, () => false)
      await until('the server to take it', insert, 20)
      await until('it to be told', () => seen.includes(name))
    }
    t.match(lost, [{ code: 'CONNECTION_CLOSED' }, { code: 'CONNECTION_CLOSED' }])
    t.equal(seen.length, new Set(seen).size, 'each is told of once')
    unsubscribe()
    await sql.end({ timeout: 2 })
    await until('no session to be left', async () => (await admin`
      select from pg_stat_activity where application_name = 'fastify-vitals'`).length === 0)
  })
})
