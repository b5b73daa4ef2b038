import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createClient } from '../../../src/postgres/client/client.js'
import { measureClient } from '../../../src/postgres/measure/measure.js'
import { createSqlInstruments } from '../../../src/postgres/measure/sql-instruments.js'
import { executing } from '../../fixtures/executing.js'
import { gate } from '../../fixtures/http.js'
import { measured, read as readOf } from '../../fixtures/measured.js'
import { startNetwork } from '../../fixtures/network.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

t.test('measuring queries', async t => {
  const { url } = await startPostgres(t, { settings: { max_prepared_transactions: '1' } })
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table things (id integer primary key, name text)`
  await admin`insert into things select n, 'thing ' || n from generate_series(1, 10) n`

  await t.test('a query is recorded once, with its name, operation and rows', async t => {
    const { sql, phases, countBy, read } = measured(t, { url })
    for (let i = 1; i <= 3; i++) await sql`/* three */ select id from things where id <= ${i}`
    await sql`/* write */ update things set name = name where id < 5`
    t.strictSame(phases('three'), [3, 3])
    t.strictSame(countBy('db.query.wait', 'operation', { query: 'three' }), { SELECT: 3 })
    t.equal(read('db.rows', { query: 'three' }).count, 6)
    t.strictSame(countBy('db.rows', 'operation', { query: 'write' }), { UPDATE: 4 })
    t.same(countBy('db.query.wait', 'pool', { query: 'three' }), { '': 3 })
  })

  await t.test('rows are told only of what has had some', async t => {
    const { sql, phases, catalogue } = measured(t, { url })
    await sql`/* none */ select id from things where false`
    t.strictSame(phases('none'), [1, 1])
    t.strictSame(catalogue.instruments.get('db.rows')?.series, [])
  })

  await t.test('fragments and queries that are not awaited are not recorded', async t => {
    const { sql, phases, countBy } = measured(t, { url })
    const where = (id: number) => sql`/* fragment */ where id = ${id}`
    sql`/* never */ select 1`
    await sql`/* whole */ select * from things ${where(1)}`
    t.strictSame([phases('fragment'), phases('never'), phases('whole')], [[0, 0], [0, 0], [1, 1]])
    t.strictSame(countBy('db.query.wait', 'query'), { whole: 1 })
  })

  await t.test('then, catch and finally of one query are one query', async t => {
    const { sql, phases } = measured(t, { url })
    const query = sql`/* shared */ select 1`
    await Promise.all([query, query.catch(() => {}), query.finally(() => {}), query.execute()])
    t.strictSame(phases('shared'), [1, 1])
  })

  await t.test('wait is that for the pool, and execution what PostgreSQL does', async t => {
    const { sql, read } = measured(t, { url, poolSize: 1 })
    await sql`select 1`
    const free = performance.now()
    await sql`/* free */ select pg_sleep(0.2)`
    const freeTotal = (performance.now() - free) / 1000
    t.equal(read('db.query.wait', { query: 'free' }).sum, 0)
    near(t, read('db.query.execution', { query: 'free' }).sum, freeTotal, 0.1)

    const start = performance.now()
    const blocking = sql.begin(async sql => { await sql`/* blocking */ select pg_sleep(0.5)` })
    await sleep(20)
    const asked = performance.now()
    await sql`/* blocked */ select 1`
    const total = (performance.now() - asked) / 1000
    await blocking
    const wait = read('db.query.wait', { query: 'blocked' }).sum
    const execution = read('db.query.execution', { query: 'blocked' }).sum
    const least = 0.49 - (asked - start) / 1000
    t.ok(wait > least && wait < (performance.now() - start) / 1000, `it waited ${wait} s, and ${least} s at least`)
    t.ok(execution < wait / 3, `it executed ${execution} s`)
    near(t, wait + execution, total, 0.1)
  })

  await t.test('a query behind another on the only connection waits for it', async t => {
    const { sql, read } = measured(t, { url, poolSize: 1 })
    await sql`select 1`
    await Promise.all([sql`/* first */ select pg_sleep(0.3)`, sql`/* second */ select pg_sleep(0.1)`])
    t.equal(read('db.query.wait', { query: 'first' }).sum, 0)
    near(t, read('db.query.wait', { query: 'second' }).sum, read('db.query.execution', { query: 'first' }).sum, 0.1)
    const execution = read('db.query.execution', { query: 'second' }).sum
    t.ok(execution >= 0.099 && execution < 0.3, `the second executed ${execution} s`)
  })

  await t.test('connecting is wait, with and without asking for types', async t => {
    for (const fetchTypes of [true, false]) {
      const network = await startNetwork(t, url)
      network.stall()
      const { sql, phases, read } = measured(t, { url: network.url, poolSize: 1, fetchTypes })
      setTimeout(() => { network.resume() }, 300)
      await sql`/* opens */ select 1`
      t.strictSame(phases('opens'), [1, 1])
      const wait = read('db.query.wait', { query: 'opens' }).sum
      const execution = read('db.query.execution', { query: 'opens' }).sum
      t.ok(wait > 0.29, `fetchTypes ${fetchTypes}: it waited ${wait} s`)
      t.ok(execution < wait, `and executed ${execution} s`)
      const create = read('db.connection.create')
      t.equal(create.count, 1)
      near(t, create.sum, wait, 0.1)
    }
  })

  await t.test('an error is recorded with its code, and the operation that its text begins with', async t => {
    const { sql, phases, countBy } = measured(t, { url })
    await t.rejects(sql`/* fails */ select 1/${0}::int`)
    await t.rejects(sql`/* wrong */ delete from nowhere`)
    await t.rejects(sql`/* wrong */ frobnicate`)
    t.strictSame([phases('fails'), phases('wrong')], [[1, 1], [2, 2]])
    t.strictSame(countBy('db.query.errors', 'code'), { 22012: 1, 42601: 1, '42P01': 1 })
    t.strictSame(countBy('db.query.errors', 'operation'), { DELETE: 1, OTHER: 1, SELECT: 1 })
  })

  await t.test('a query that cannot be built is one query with one error', async t => {
    const { sql, phases, countBy } = measured(t, { url })
    await t.rejects(sql`/* unbuilt */ select ${undefined as unknown as string}`, { code: 'UNDEFINED_VALUE' })
    await sql`/* after */ select 1`
    t.strictSame([phases('unbuilt'), phases('after')], [[1, 1], [1, 1]])
    t.strictSame(countBy('db.query.errors', 'code'), { UNDEFINED_VALUE: 1 })
  })

  await t.test('a cursor is one query, and its rows are those of all batches', async t => {
    const { sql, phases, read, countBy } = measured(t, { url, poolSize: 1 })
    await sql`/* callback */ select * from things`.cursor(4, async () => {})
    await sql`/* even */ select * from things`.cursor(5, async () => {})
    t.strictSame([phases('callback'), phases('even')], [[1, 1], [1, 1]])
    t.equal(read('db.rows', { query: 'callback' }).count, 10)
    t.equal(read('db.rows', { query: 'even' }).count, 10)

    await sql`/* closed */ select * from things`.cursor(4, () => sql.CLOSE)
    t.strictSame(phases('closed'), [1, 1])
    t.equal(read('db.rows', { query: 'closed' }).count, 4)
    t.strictSame(countBy('db.query.wait', 'operation', { query: 'closed' }), { SELECT: 1 })

    await t.rejects(sql`/* throwing */ select * from things`.cursor(4, () => { throw new Error('no more') }))
    await sql`/* next */ select 1`
    t.strictSame([phases('throwing'), phases('next')], [[1, 1], [1, 1]])
    t.strictSame(countBy('db.query.errors', 'code', { query: 'throwing' }), { UNKNOWN: 1 })
  })

  await t.test('an iterated cursor ends with its last batch, and its time is also the consumer\'s', async t => {
    const { sql, phases, read } = measured(t, { url, poolSize: 1 })
    let seen = 0
    for await (const batch of sql`/* iterated */ select * from things`.cursor(4)) {
      seen += batch.length
      t.strictSame(phases('iterated'), [0, 0])
      await sleep(30)
    }
    t.equal(seen, 10)
    t.strictSame(phases('iterated'), [1, 1])
    t.equal(read('db.rows', { query: 'iterated' }).count, 10)
    t.ok(read('db.query.execution', { query: 'iterated' }).sum > 0.055, 'two of the three batches were waited for')

    // eslint-disable-next-line no-unreachable-loop
    for await (const batch of sql`/* broken */ select * from things`.cursor(4)) {
      t.equal(batch.length, 4)
      break
    }
    await sql`/* next */ select 1`
    t.strictSame([phases('broken'), phases('next')], [[1, 1], [1, 1]])
    t.equal(read('db.rows', { query: 'broken' }).count, 4)
  })

  await t.test('forEach and several statements in one have their rows counted', async t => {
    const { sql, phases, read, countBy } = measured(t, { url })
    await sql`/* each */ select * from things`.forEach(() => {})
    t.equal(read('db.rows', { query: 'each' }).count, 10)
    await sql.unsafe('/* many */ select * from things where id < 4; select * from things where id < 3')
    t.equal(read('db.rows', { query: 'many' }).count, 5)
    await sql.unsafe('/* silent */ update things set name = name where id < 4; delete from things where id > 100')
    t.strictSame([phases('each'), phases('many'), phases('silent')], [[1, 1], [1, 1], [1, 1]])
    t.strictSame(countBy('db.query.wait', 'operation', { query: 'many' }), { SELECT: 1 })
    t.strictSame(
      countBy('db.query.wait', 'operation', { query: 'silent' }),
      { DELETE: 1 },
      'PostgreSQL\'s driver tells the last command only'
    )
  })

  await t.test('describe is a query of its own kind', async t => {
    const { sql, phases, countBy } = measured(t, { url })
    await sql`/* described */ select * from things where id = ${1}`.describe()
    await sql`/* next */ select 1`
    t.strictSame([phases('described'), phases('next')], [[1, 1], [1, 1]])
    t.strictSame(countBy('db.query.wait', 'operation', { query: 'described' }), { DESCRIBE: 1 })
  })

  await t.test('COPY ends with its stream, not when the stream is handed out', async t => {
    const { sql, phases, read, countBy } = measured(t, { url, poolSize: 1 })
    await sql`create temporary table copied (n integer)`
    const writable = await sql`/* copy_in */ copy copied from stdin`.writable()
    t.strictSame(phases('copy_in'), [0, 0])
    await sleep(100)
    await pipeline(Readable.from(['1\n2\n3\n']), writable)
    await until('COPY to be recorded', () => phases('copy_in')[0] === 1)
    t.strictSame(phases('copy_in'), [1, 1])
    t.strictSame(countBy('db.rows', 'operation', { query: 'copy_in' }), { COPY: 3 })
    t.ok(read('db.query.execution', { query: 'copy_in' }).sum > 0.09)

    const readable = await sql`/* copy_out */ copy copied to stdout`.readable()
    readable.resume()
    await once(readable, 'end')
    await sql`select 1`
    t.strictSame(phases('copy_out'), [1, 1])
    t.equal(read('db.rows', { query: 'copy_out' }).count, 3)
  })

  await t.test('a stale plan that the driver prepares anew is one query and one retry', async t => {
    const { sql, phases, read } = measured(t, { url, poolSize: 1 })
    await sql`create table changing (a integer)`
    const ask = async () => await sql`/* stale */ select * from changing where a > ${0}`
    await ask()
    await ask()
    await sql`alter table changing add column b integer`
    await ask()
    t.strictSame(phases('stale'), [3, 3])
    t.equal(read('db.query.retries').count, 1)
    t.equal(read('db.query.errors').count, 0)
  })

  await t.test('a query cancelled in the queue waited only, one cancelled at work executed too', async t => {
    const { sql, phases, countBy, read } = measured(t, { url, poolSize: 1 })
    await sql`select 1`
    const { opened, open } = gate()
    const blocking = sql.begin(async () => { await opened })
    await until('the connection to be used', () => read('db.connections', { state: 'used' }).count === 1)
    const queued = sql`/* queued */ select 1`.execute()
    await until('it to wait', () => read('db.queries.queued').count === 1)
    queued.cancel()
    await t.rejects(queued, { code: '57014' })
    open()
    await blocking
    const working = sql`/* working */ select pg_sleep(60)`.execute()
    await executing(admin, '/* working */')
    working.cancel()
    await t.rejects(working, { code: '57014' })
    t.strictSame([phases('queued'), phases('working')], [[1, 0], [1, 1]])
    t.strictSame(countBy('db.query.errors', 'code'), { 57014: 2 })
    t.equal(read('db.connection.errors').count, 0)
    t.equal(read('db.queries.queued').count, 0)
  })

  await t.test('transactions are recorded by outcome', async t => {
    const { sql, countBy, read } = measured(t, { url, poolSize: 1 })
    const asked = performance.now()
    await sql.begin(async sql => {
      await sql`select pg_sleep(0.2)`
      await sql.savepoint(async sql => { await sql`select 2` })
      await sql.savepoint(async () => { throw new Error('only back to the savepoint') }).catch(() => {})
    })
    t.strictSame(countBy('db.transaction', 'outcome'), { commit: 1 })
    const { sum } = read('db.transaction')
    const most = (performance.now() - asked) / 1000
    t.ok(sum > 0.19 && sum <= most, `${sum} s of ${most}`)
    t.strictSame(
      countBy('db.query.wait', 'operation', { query: '' }),
      { BEGIN: 1, COMMIT: 1, ROLLBACK: 1, SAVEPOINT: 2, SELECT: 2 }
    )

    await t.rejects(sql.begin(async () => { throw new Error('back') }))
    await t.rejects(
      sql.begin(async sql => { await sql`select 1/0`.catch(() => {}) }),
      'an error that was caught still ends in ROLLBACK'
    )
    t.strictSame(countBy('db.transaction', 'outcome'), { commit: 1, rollback: 2 })

    const reserved = await sql.reserve()
    await reserved`begin`
    await reserved`select 1/0`.catch(() => {})
    await reserved`/* failed */ commit`
    await reserved`/* read */ start transaction read only`
    await reserved`end`
    reserved.release()
    t.strictSame(
      countBy('db.transaction', 'outcome'),
      { commit: 2, rollback: 3 },
      'COMMIT of a failed transaction is a rollback'
    )
  })

  await t.test('a transaction that is prepared is over for its connection, and not rolled back', async t => {
    const { sql, countBy } = measured(t, { url, poolSize: 1 })
    await sql.begin(async sql => {
      (sql as unknown as { prepare: (name: string) => void }).prepare('kept')
      await sql`update things set name = name`
    })
    t.strictSame(countBy('db.transaction', 'outcome'), { commit: 1 })
    await sql`rollback prepared 'kept'`
  })

  await t.test('everything is told by pool', async t => {
    const { catalogue } = measured(t, { url, poolSize: 1 })
    for (const [name, { labelNames }] of catalogue.instruments) t.equal(labelNames[0], 'pool', name)
  })

  await t.test('a second BEGIN, which PostgreSQL only warns of, begins no second transaction', async t => {
    const { sql, countBy, read } = measured(t, { url, poolSize: 1 })
    const reserved = await sql.reserve()
    await reserved`begin`
    await reserved`select pg_sleep(0.3)`
    await reserved`begin`
    await reserved`commit`
    reserved.release()
    t.strictSame(countBy('db.transaction', 'outcome'), { commit: 1 })
    t.ok(read('db.transaction').sum >= 0.3, 'it lasts from the first')
  })

  await t.test('BEGIN waits for the pool', async t => {
    const { sql, read } = measured(t, { url, poolSize: 1 })
    await sql`select 1`
    const blocking = sql`/* blocking */ select pg_sleep(0.3)`.execute()
    await sql.begin(async sql => { await sql`/* inside */ select 1` })
    await blocking
    near(
      t,
      read('db.query.wait', { operation: 'BEGIN' }).sum,
      read('db.query.execution', { query: 'blocking' }).sum,
      0.1
    )
    t.equal(read('db.query.wait', { query: 'inside' }).sum, 0)
  })

  await t.test('reserved connections, files and notify are measured', async t => {
    const { sql, phases, read } = measured(t, { url })
    const reserved = await sql.reserve()
    await reserved`/* reserved */ select 1`
    t.equal(read('db.connections', { state: 'used' }).count, 1)
    reserved.release()
    t.equal(read('db.connections', { state: 'used' }).count, 0)
    const path = join(t.testdir(), 'query.sql')
    await writeFile(path, '/* in_file */ select * from things')
    await sql.file(path)
    await sql.notify('somewhere', 'something')
    t.strictSame([phases('reserved'), phases('in_file')], [[1, 1], [1, 1]])
    await t.rejects(sql.file(path + '.not'), { code: 'ENOENT' })
    t.strictSame(read('db.query.errors', { code: 'ENOENT' }).count, 1)
  })

  await t.test('what PostgreSQL says that a statement was is its operation', async t => {
    const { sql, countBy } = measured(t, { url, poolSize: 1 })
    const statements = [
      'create table made (n int primary key)', 'alter table made add column m int', 'insert into made values (1)',
      'update made set m = 2', 'delete from made where n = 2', 'truncate made', 'vacuum made', 'analyze made',
      'merge into made using (select 1 as n) other on made.n = other.n when matched then delete',
      "copy made to program 'cat > /dev/null'", 'reindex table made', 'cluster made using made_pkey',
      'create materialized view seen as select 1 as n with no data', 'refresh materialized view seen',
      'drop materialized view seen',
      "comment on table made is 'It is made'", 'grant select on made to public', 'revoke select on made from public',
      "create procedure doing() language sql as 'select 1'", 'call doing()', 'do $$ begin end $$', 'explain select 1',
      'begin', 'declare rows cursor for select 1', 'fetch rows', 'move rows', 'close rows', 'lock made',
      'savepoint here', 'rollback to here', 'release here', 'commit',
      'prepare one as select 1', 'deallocate one', 'listen news', 'notify news', 'unlisten news',
      'set work_mem to 64', 'show work_mem', 'reset work_mem', 'discard all', 'checkpoint', 'select 1'
    ]
    const reserved = await sql.reserve()
    for (const text of statements) await reserved.unsafe(text)
    await t.rejects(reserved.unsafe('execute nothing'))
    await t.rejects(reserved.unsafe('security label on table made is null'))
    reserved.release()
    const words = [...statements.map(text => text.split(' ', 1)[0]?.toUpperCase() as string), 'EXECUTE', 'OTHER']
    const counts = words.map(word => [word, words.filter(other => other === word).length])
    t.strictSame(countBy('db.query.wait', 'operation'), Object.fromEntries(counts))
  })

  await t.test('names in text that is made anew are kept up to a bound', async t => {
    const { sql, read, phases } = measured(t, { url, poolSize: 1 })
    await Promise.all(Array.from({ length: 1100 }, async (_, n) => await sql.unsafe(`/* made_${n} */ select 1`)))
    t.equal(read('db.query.wait').count, 1100)
    t.strictSame([phases('made_7'), phases('made_1050'), phases('__overflow__')], [[1, 1], [0, 0], [100, 100]])
    await sql.unsafe('/* made_7 */ select 1')
    t.strictSame(phases('made_7'), [2, 2], 'one that is kept stays')
  })

  await t.test('a client that has ended refuses, which is recorded', async t => {
    const { sql, phases, countBy, read } = measured(t, { url })
    await sql`select 1`
    await sql.end()
    await t.rejects(sql`/* late */ select 1`, { code: 'CONNECTION_ENDED' })
    t.strictSame(phases('late'), [1, 0])
    t.strictSame(countBy('db.query.errors', 'code'), { CONNECTION_ENDED: 1 })
    t.equal(read('db.connection.errors').count, 0)
  })

  await t.test('a client is measured once however often it is asked for, into each catalogue', async t => {
    const { sql, phases, catalogue } = measured(t, { url })
    const again = new Catalogue()
    const instruments = createSqlInstruments(again)
    t.equal(measureClient(sql, instruments), sql)
    t.equal(measureClient(sql, instruments), sql)
    const other = measureClient(createClient({ url, poolSize: 1 }), instruments)
    const named = measureClient(createClient({ url, poolSize: 1 }), instruments, { pool: 'reports' })
    const taken = measureClient(createClient({ url, poolSize: 1 }), instruments, { pool: '3' })
    const fourth = measureClient(createClient({ url, poolSize: 1 }), instruments)
    const bare = createClient({ url, poolSize: 1 })
    t.teardown(async () => { await Promise.all([other.end(), named.end(), taken.end(), fourth.end(), bare.end()]) })
    await Promise.all([
      sql,
      other,
      named,
      taken,
      fourth,
      bare
    ].map(async sql => await sql.begin(async sql => { await sql`/* each */ select 1` })))
    t.strictSame(phases('each'), [1, 1])
    t.strictSame([...new Set(catalogue.instruments.get('db.query.wait')?.series.map(({ labels }) => labels[0]))], [''])
    for (const pool of [
      '',
      '2',
      'reports',
      '3',
      '4'
    ]) t.equal(readOf(again, 'db.query.wait', { pool, query: 'each' }).count, 1, `pool '${pool}'`)
    t.equal(readOf(again, 'db.query.wait', { query: 'each' }).count, 5)
    t.equal(readOf(again, 'db.query.wait', { operation: 'COMMIT' }).count, 5)
  })
})

function near (t: Test, actual: number, expected: number, tolerance: number) {
  t.ok(Math.abs(actual - expected) <= tolerance, `${actual} is within ${tolerance} of ${expected}`)
}
