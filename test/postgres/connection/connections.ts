import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createClient } from '../../../src/postgres/client/client.js'
import { measureClient } from '../../../src/postgres/measure/measure.js'
import { createSqlInstruments } from '../../../src/postgres/measure/sql-instruments.js'
import { executing } from '../../fixtures/executing.js'
import { gate } from '../../fixtures/http.js'
import { measured, read } from '../../fixtures/measured.js'
import { startNetwork } from '../../fixtures/network.js'
import { openConnections } from '../../fixtures/open-connections.js'
import { freePort } from '../../fixtures/programs.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

t.test('measuring connections', async t => {
  const { url, stop, start } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  const kill = async (pid: unknown) => { await admin`select pg_terminate_backend(${pid as number})` }

  await t.test('they are counted by state, and how long opening took is recorded', async t => {
    const network = await startNetwork(t, url)
    const { sql, read, countBy, catalogue } = measured(t, { url: network.url, poolSize: 3 })
    t.equal(read('db.connections.max').count, 3)
    t.notOk(catalogue.mainNeeded.is, 'a scrape need not ask for them')
    t.strictSame(countBy('db.connections', 'state'), {})
    network.stall()
    const { opened, open } = gate()
    const held = [1, 2, 3].map(async () => await sql.begin(async () => { await opened }))
    const asked = [4, 5].map(async () => await sql`select 1`)
    await until('the connections to be opened', () => countBy('db.connections', 'state')['connecting'] === 3)
    t.strictSame(countBy('db.connections', 'state'), { connecting: 3 })
    t.equal(read('db.queries.queued').count, 5)
    network.resume()
    await until('the connections to be used', () => countBy('db.connections', 'state')['used'] === 3)
    t.equal(read('db.queries.queued').count, 2)
    open()
    await Promise.all([...held, ...asked])
    t.strictSame(countBy('db.connections', 'state'), { idle: 3 })
    t.equal(read('db.queries.queued').count, 0)
    t.equal(read('db.connections.opened').count, 3)
    t.equal(read('db.connection.create').count, 3)
    await sql.begin(async sql => {
      await sql`select ${1}::int`
      t.strictSame(countBy('db.connections', 'state'), { idle: 2, used: 1 })
    })
    await sql.begin(async sql => { await sql`select pg_terminate_backend(pg_backend_pid())` }).catch(() => {})
    t.strictSame(countBy('db.connections', 'state'), { idle: 2 }, 'one that is lost is not one of the idle')
    await sql.end()
    t.strictSame(countBy('db.connections', 'state'), {})
    t.equal(read('db.connections.closed').count, 3)
  })

  await t.test('one that is killed is closed, and opened again when it is needed', async t => {
    const told: unknown[] = []
    const onclose = (id: number) => { told.push(id) }
    const { sql, read, countBy } = measured(t, { url, poolSize: 1, driver: { onclose } })
    for (let round = 1; round <= 3; round++) {
      const [row] = await sql`select pg_backend_pid() as pid`
      await sql`select ${round}::int`
      await sql`select ${round}::int`
      await kill(row?.['pid'])
      await until('the connection to be closed', () => read('db.connections.closed').count === round)
      t.strictSame(countBy('db.connections', 'state'), {})
      t.equal(read('db.connections.opened').count, round)
      t.equal(read('db.connection.create').count, round)
    }
    t.equal(read('db.connection.errors').count, 0)
    t.equal(told.length, 3, 'the client\'s own onclose is told too')
  })

  await t.test('what was asked on one that is killed fails once, and its transaction is lost', async t => {
    const { sql, phases, countBy, read } = measured(t, { url, poolSize: 1 })
    await t.rejects(sql`/* suicide */ select pg_terminate_backend(pg_backend_pid())`, { code: 'CONNECTION_CLOSED' })
    t.strictSame(phases('suicide'), [1, 1])
    t.strictSame(countBy('db.query.errors', 'code'), { CONNECTION_CLOSED: 1 })
    t.strictSame(countBy('db.transaction', 'outcome'), {})

    await sql`/* after */ select 1`
    t.strictSame(phases('after'), [1, 1])
    t.equal(read('db.connection.errors').count, 0)
    t.equal(read('db.connections.opened').count, 2)
    t.equal(read('db.connection.create').count, 2)

    let goneOn: Promise<unknown> | undefined
    await t.rejects(sql.begin(async sql => {
      const [row] = await sql`select pg_backend_pid() as pid`
      await kill(row?.['pid'])
      await until('the loss to be seen', () => countBy('db.transaction', 'outcome')['lost'] === 1)
      goneOn = sql`/* gone_on */ select 2`
      await goneOn
    }), { code: 'CONNECTION_CLOSED' })
    await until('the callback to go on', () => goneOn !== undefined)
    await t.rejects(goneOn as unknown as Promise<unknown>, { code: 'CONNECTION_CLOSED' })
    t.strictSame(phases('gone_on'), [1, 0])
    t.strictSame(countBy('db.transaction', 'outcome'), { lost: 1 })
    t.equal((await sql`select 1 as one`)[0]?.['one'], 1, 'the pool goes on')

    const reserved = await sql.reserve()
    await reserved`begin`
    await t.rejects(reserved`/* suicide */ select pg_terminate_backend(pg_backend_pid())`)
    t.strictSame(countBy('db.transaction', 'outcome'), { lost: 2 })
    await t.rejects(reserved`select 1`, { code: 'CONNECTION_CLOSED' })
    await until(
      'the connections to be closed',
      () => read('db.connections.closed').count === read('db.connections.opened').count
    )
    t.strictSame(countBy('db.connections', 'state'), {})
  })

  await t.test('what waits in a transaction whose connection is lost is recorded and rejected', async t => {
    const { sql, phases, countBy, read } = measured(t, { url, poolSize: 1 })
    await t.rejects(sql.begin(async sql => {
      await sql`select 1`
      await Promise.allSettled([
        sql`/* current */ select pg_terminate_backend(pg_backend_pid()), ${1}::int`,
        sql`/* behind */ select 1`
      ])
    }), { code: 'CONNECTION_CLOSED' })
    await until('the queries to be recorded', () => phases('behind')[0] === 1)
    t.strictSame([phases('current'), phases('behind')], [[1, 1], [1, 0]])
    t.strictSame(countBy('db.query.errors', 'code'), { CONNECTION_CLOSED: 3 }, 'both, and the ROLLBACK')
    t.equal(read('db.queries.queued').count, 0)
  })

  await t.test('one that cannot be opened is an error with its code, of the query and of the connection', async t => {
    const port = await freePort()
    const cases: Array<[string, string]> = [
      [`postgres://postgres@127.0.0.1:${port}/postgres`, 'ECONNREFUSED'],
      [url.replace(/:[^:@/]+@/, ':wrong@'), '28P01'],
      [url.replace(/[^/]+$/, 'nowhere'), '3D000']
    ]
    for (const [url, code] of cases) {
      const { sql, phases, countBy, read } = measured(t, { url, poolSize: 2 })
      await Promise.all([1, 2, 3].map(async () => { await t.rejects(sql`/* refused */ select 1`, { code }) }))
      t.strictSame(phases('refused'), [3, 0])
      t.strictSame(countBy('db.query.errors', 'code'), { [code]: 3 })
      t.strictSame(countBy('db.connection.errors', 'code'), { [code]: 3 })
      t.equal(read('db.connections.opened').count, 0)
      await sleep(50)
      t.equal(read('db.connections.closed').count, 0)
      t.strictSame(countBy('db.connections', 'state'), {})
    }
  })

  await t.test('a reserved one that cannot be opened is an error with its code', async t => {
    const { sql, countBy } = measured(t, { url: `postgres://postgres@127.0.0.1:${await freePort()}/postgres` })
    await t.rejects(sql.reserve(), { code: 'ECONNREFUSED' })
    t.strictSame(countBy('db.connection.errors', 'code'), { ECONNREFUSED: 1 })
  })

  await t.test('those that are opened to listen are not the pool\'s, but their queries are', async t => {
    const { sql, countBy, read } = measured(t, { url, poolSize: 1 })
    const heard = new Promise(resolve => {
      sql.listen('news', resolve).then(async () => { await sql.notify('news', 'hello') }, t.threw)
    })
    t.equal(await heard, 'hello')
    await until(
      'the notification, which may be heard before it has ended, to be recorded',
      () => countBy('db.query.wait', 'operation', { query: '' })['SELECT'] === 1
    )
    t.strictSame(countBy('db.query.wait', 'operation', { query: '' }), { LISTEN: 1, SELECT: 1 })
    t.equal(read('db.connections.opened').count, 1)
    t.equal(read('db.connections').count, 1)
    await t.rejects(sql.listen('', () => {}), { code: '42601' })
    t.strictSame(countBy('db.query.errors', 'code', { operation: 'LISTEN' }), { 42601: 1 })
  })

  await t.test('numbers are right again after the server was away', async t => {
    const { sql, read, countBy, phases } = measured(t, { url, poolSize: 2 })
    const both = async () => await Promise.allSettled([sql`select 1`, sql`select 1`])
    await openConnections(sql, 2)
    const underWay = Promise.allSettled([
      sql`/* under_way */ select pg_sleep(10)`,
      sql`/* under_way */ select pg_sleep(10)`
    ])
    await executing(admin, '/* under_way */', 2)
    await stop()
    await underWay
    t.strictSame(phases('under_way'), [2, 2])
    for (let i = 0; i < 5; i++) await both()
    t.strictSame(countBy('db.connections', 'state'), {})
    t.equal(read('db.connections.closed').count, 2)
    t.equal(read('db.connections.opened').count, 2)
    const { count } = read('db.connection.errors')
    t.ok(count >= 5, `${count} attempts failed`)
    await start()
    await until('the server to answer', async () => await openConnections(sql, 2).then(() => true, () => false))
    t.strictSame(countBy('db.connections', 'state'), { idle: 2 })
    t.equal(read('db.connections.opened').count, 4)
    t.equal(read('db.connections.closed').count, 2)
    t.equal(read('db.connection.create').count, 4)
    t.equal(read('db.queries.queued').count, 0)
  })

  await t.test('nothing of a client that has ended is kept', async t => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const catalogue = new Catalogue()
    const instruments = createSqlInstruments(catalogue)
    const ended = await (async () => {
      const sql = measureClient(createClient({ url, poolSize: 4 }), instruments)
      // The driver keeps what asked by a tagged template.
      await Promise.all([1, 2, 3].map(async () => await sql.unsafe('/* once */ select 1')))
      await sql.end()
      return new WeakRef(sql)
    })()
    await until('the client to be collected', () => {
      collect()
      return ended.deref() === undefined
    })
    await until('its numbers to be gone', () => {
      collect()
      return read(catalogue, 'db.connections.max').count === 0
    })
    t.equal(instruments.pools.size, 0)
    t.equal(read(catalogue, 'db.query.wait', { query: 'once' }).count, 3, 'what was recorded stays')
  })
})

t.test('what an own socket fails with is told; a query makes an error of what is none', async t => {
  const told = async (asked: PromiseLike<unknown>) => await asked.then(() => t.fail('it was answered'), error => error)
  for (const thrown of ['wat', 7, new Error('no way there')]) {
    const sql = createClient({ url: 'postgres://127.0.0.1:1/none', driver: { socket: () => { throw thrown } } })
    t.match(await told(sql`select 1`), { message: thrown instanceof Error ? thrown.message : String(thrown) })
    t.equal(await told(sql.reserve()), thrown)
    t.equal(await told(sql.begin(async () => {})), thrown)
    await sql.end()
  }
})
