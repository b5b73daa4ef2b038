import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient, type ISql } from '../../src/postgres/client/client.js'
import type { ClientOptions } from '../../src/postgres/client/client-options.js'
import { createProbe } from '../../src/postgres/probe.js'
import { measured, type Measured } from '../fixtures/measured.js'
import { startNetwork } from '../fixtures/network.js'
import { openConnections } from '../fixtures/open-connections.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('a query whose deadline has passed', async t => {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table marks (name text)`
  const marks = async () =>
    (await admin<Array<{ name: string }>>`select name from marks order by name`).map(({ name }) => name)

  const limited = (t: Test, options: ClientOptions): Measured => measured(t, options)
  const mark = async (sql: ISql, name: string) => await sql`/* mark */ insert into marks values (${name})`

  await t.test('while it waits for a connection is rejected, counted, and never executed', async t => {
    const { sql, countBy, read } = limited(t, { url, poolSize: 1, acquireTimeoutMs: 1000 })
    await sql`select 1`
    const transaction = sql.begin(async sql => { await sql`select pg_sleep(3)` })
    await until('the connection to be used', () => read('db.connections', { state: 'used' }).count === 1)
    const waiting = ['a', 'b', 'c'].map(async name => {
      await t.rejects(mark(sql, name), {
        code: 'ACQUIRE_TIMEOUT',
        message: /within 1000 ms/
      })
    })
    await until('three to wait', () => read('db.queries.queued').count === 3)
    await Promise.all(waiting)
    t.equal(read('db.queries.queued').count, 0)
    await transaction
    await mark(sql, 'after')
    t.strictSame(await marks(), ['after'])
    t.strictSame(countBy('db.query.errors', 'code'), { ACQUIRE_TIMEOUT: 3 })
    t.strictSame(countBy('db.connection.errors', 'code'), {})
    await admin`truncate marks`
  })

  await t.test('has passed for the pool only: a probe waits for its connection as its signal says', async t => {
    const network = await startNetwork(t, url)
    const acquireTimeoutMs = 50
    network.delay(2 * acquireTimeoutMs)
    const probe = createProbe({ url: network.url, acquireTimeoutMs })
    t.teardown(probe.close)
    const ask = async () => await probe.ask(async sql => await sql`select 1 as one`, AbortSignal.timeout(60_000))
    t.same(await Promise.all([ask(), ask()]), [[{ one: 1 }], [{ one: 1 }]])
  })

  await t.test('while a connection is opened for it is rejected, and the next uses that connection', async t => {
    const network = await startNetwork(t, url)
    network.stall()
    const { sql, countBy } = limited(t, { url: network.url, poolSize: 1, acquireTimeoutMs: 1000 })
    for (const name of ['first', 'queued']) await t.rejects(mark(sql, name), { code: 'ACQUIRE_TIMEOUT' })
    const transaction = sql.begin(async sql => { await mark(sql, 'in a transaction') })
    await t.rejects(transaction, { code: 'ACQUIRE_TIMEOUT' })
    network.resume()
    await mark(sql, 'after')
    await sql.begin(async sql => { await mark(sql, 'committed') })
    t.strictSame(await marks(), ['after', 'committed'])
    t.equal(network.opened, 1)
    t.strictSame(countBy('db.connections', 'state'), { idle: 1 })
    t.strictSame(countBy('db.connections.opened', 'pool'), { '': 1 })
    await admin`truncate marks`
  })

  await t.test('that opens a transaction on a connection which comes too late leaves none open', async t => {
    const network = await startNetwork(t, url)
    network.stall()
    const { sql } = limited(t, { url: network.url, poolSize: 1, acquireTimeoutMs: 1000 })
    await t.rejects(sql.begin(async sql => { await mark(sql, 'late') }), { code: 'ACQUIRE_TIMEOUT' })
    network.resume()
    await mark(sql, 'outside')
    t.strictSame(await marks(), ['outside'])
    await admin`truncate marks`
  })

  await t.test('is cancelled by the server, which tells so', async t => {
    const { sql, countBy } = limited(t, { url, poolSize: 1, queryTimeoutMs: 200 })
    await t.rejects(sql`/* slow */ select pg_sleep(30)`, { code: '57014', message: /statement timeout/ })
    t.strictSame(countBy('db.query.errors', 'code'), { 57014: 1 })
    t.equal((await admin`select from pg_stat_activity where query like '/* slow%' and state = 'active'`).length, 0)
    t.same(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('where the server was told of none is given up, and the server does not go on with it', async t => {
    const { sql } = limited(t, { url, poolSize: 1, queryTimeoutMs: 300 })
    const reserved = await sql.reserve()
    await reserved`set statement_timeout = 0`
    await t.rejects(reserved`/* endless */ select pg_sleep(600)`, { code: 'QUERY_TIMEOUT' })
    reserved.release()
    const copying = await sql.reserve()
    await copying`set statement_timeout = 0`
    const rows: unknown = await copying`
      /* endless */ copy (select repeat('x', 10000), pg_sleep(600 * n) from generate_series(0, 1) as n) to stdout`
    await t.rejects(buffer(rows as Readable), { code: 'QUERY_TIMEOUT', message: 'No progress within 300 ms' })
    copying.release()
    await until('the server to have stopped', async () => {
      const going = await admin`select from pg_stat_activity where query like '/* endless%' and state = 'active'`
      return going.length === 0
    })
    t.same(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('on a connection that does not answer is rejected, and the connection replaced', async t => {
    const network = await startNetwork(t, url)
    const { sql, countBy, read } = limited(t, {
      url: network.url,
      poolSize: 2,
      acquireTimeoutMs: 600,
      queryTimeoutMs: 2000
    })
    const open = async () => await openConnections(sql, 2).then(() => true, () => false)
    await until('its connections', open)
    network.stall()
    await Promise.allSettled(Array.from({ length: 20 }, async () => await sql`/* lost */ select 1`))
    t.strictSame(countBy('db.query.errors', 'code', { query: 'lost' }), { QUERY_TIMEOUT: 2, ACQUIRE_TIMEOUT: 18 })
    await until('the connections to be given up', () => read('db.connections.closed').count === 2)
    network.resume()
    await until('it to answer again', open)
    t.strictSame(countBy('db.connections', 'state'), { idle: 2 })
    t.equal(read('db.queries.queued').count, 0)
  })

  await t.test('behind a proxy that hangs up is told so, and the pool does not spin', async t => {
    const network = await startNetwork(t, url)
    network.hangUp()
    const { sql } = limited(t, { url: network.url, poolSize: 1, acquireTimeoutMs: 500, queryTimeoutMs: 1000 })
    await t.rejects(sql`select 1`, { code: 'CONNECTION_CLOSED' })
    const { opened } = network
    const end = performance.now() + 1000
    while (performance.now() < end) await sql`select 1`.catch(() => {})
    t.ok(network.opened - opened < 40, `${network.opened - opened} connections in a second`)
    network.resume()
    await until('it to answer again', async () => await sql`select 1`.then(() => true, () => false))
    t.same(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('is a stream on which nothing more comes', async t => {
    const network = await startNetwork(t, url)
    const { sql } = limited(t, { url: network.url, poolSize: 1, queryTimeoutMs: 300 })
    const seen: unknown[] = []
    await t.rejects(async () => {
      for await (const [row] of sql`select generate_series(1, 4) as n`.cursor(1)) {
        seen.push(row?.['n'])
        if (seen.length === 2) network.stall()
      }
    }, { code: 'QUERY_TIMEOUT', message: 'No progress within 300 ms' })
    t.strictSame(seen, [1, 2])
    network.resume()
    t.same(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('is not what streams with progress, or waits in its own transaction', async t => {
    const { sql: streaming } = limited(t, { url, poolSize: 1, queryTimeoutMs: 2000 })
    const seen: unknown[] = []
    // In all longer than the deadline and what the server gets beyond it.
    for await (const [row] of streaming`select generate_series(1, 5) as n`.cursor(1)) {
      await sleep(800)
      seen.push(row?.['n'])
    }
    t.strictSame(seen, [1, 2, 3, 4, 5])
    const reserved = await streaming.reserve()
    const timeout = async () => (await reserved`show statement_timeout`)[0]?.['statement_timeout'] as string
    for await (const rows of reserved`select 1 as n`.cursor(1)) t.match(rows, [{ n: 1 }])
    t.equal(await timeout(), '2s')
    await reserved`set statement_timeout = '7s'`
    await reserved`select 1 / 0`.catch(() => {})
    t.equal(await timeout(), '7s', 'it is set again once')
    reserved.release()
    const { sql } = limited(t, { url, poolSize: 1, acquireTimeoutMs: 1500, queryTimeoutMs: 2000 })
    await until('its connection', async () => await sql`select 1`.then(() => true, () => false))
    await sql.begin(async sql => {
      await Promise.all([sql`select pg_sleep(0.8)`, sql`select pg_sleep(0.8)`, sql`select 1`])
      await sleep(2500)
      await sql`select 1`
    })
  })
  await t.test('is set again after a stream, also where a request to cancel comes too late and hits that', async t => {
    await admin.unsafe(`
      create schema late;
      create sequence late.tries;
      create table late.hits (most int);
      create function late.set_config(text, text, boolean) returns text language plpgsql as $$ begin
        if $2 <> '0' and nextval('late.tries') <= (select most from late.hits) then
          perform pg_cancel_backend(pg_backend_pid()), pg_sleep(60);
        end if;
        return pg_catalog.set_config($1, $2, $3);
      end $$`).simple()
    for (const [hits, isKept] of [[1, true], [99, false]] as const) {
      await admin`truncate late.hits`
      await admin`insert into late.hits values (${hits})`
      await admin`alter sequence late.tries restart`
      const { sql } = limited(t, { url, poolSize: 1, queryTimeoutMs: 5000 })
      const session = async () => (await sql`
        select pg_backend_pid() as pid, current_setting('statement_timeout') as timeout`)[0] as { pid: number }
      const { pid } = await session()
      await sql`set search_path = late, pg_catalog`
      for await (const rows of sql`select 1 as n`.cursor(1)) t.match(rows, [{ n: 1 }])
      const after = await session()
      t.match(after, { timeout: '5s' })
      t.equal(after.pid === pid, isKept, 'a connection where it fails again and again is replaced')
      t.match(await admin`select last_value from late.tries`, [{ last_value: isKept ? '2' : '4' }])
    }
  })
})
