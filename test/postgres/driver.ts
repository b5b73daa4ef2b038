import { createRequire } from 'node:module'
import postgres from 'postgres'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createClient, type Sql } from '../../src/postgres/client.js'
import { measureClient, unmeasureClient } from '../../src/postgres/measure.js'
import { createSqlInstruments } from '../../src/postgres/sql-instruments.js'
import { measured, read } from '../fixtures/measured.js'
import { startPostgres } from '../fixtures/postgres.js'

const require = createRequire(import.meta.url)

type Method = (this: Changed, ...args: unknown[]) => unknown
type Changed = Record<string, unknown> & { resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown }
type Prototype = Record<string, Method>

/** A copy of the driver of its own, so that changing its prototype changes nobody else's. */
function loadDriver (): typeof postgres {
  const driver = /[\\/]postgres[\\/]cjs[\\/]/
  for (const path of Object.keys(require.cache)) if (driver.test(path)) Reflect.deleteProperty(require.cache, path)
  return require('postgres') as typeof postgres
}

function prototypeOf (sql: Sql): Prototype {
  return Object.getPrototypeOf(sql.unsafe('')) as Prototype
}

t.test('measuring another driver than was expected', async t => {
  const { url } = await startPostgres(t)
  const options = { max: 2, onnotice: () => {} }

  await t.test('both copies of the driver are measured, each in its own way of loading', async t => {
    const [one, two] = [measured(t, postgres(url, options)), measured(t, loadDriver()(url, options))]
    t.not(prototypeOf(one.sql), prototypeOf(two.sql))
    for (const { sql, phases, read } of [one, two]) {
      await sql.begin(async sql => { await sql`/* asked */ select ${1}::int` })
      t.strictSame(phases('asked'), [1, 1])
      t.equal(read('db.transaction', { outcome: 'commit' }).count, 1)
      t.equal(read('db.hook.degraded').count, 0)
    }
  })

  const wrappers: Record<string, (handle: Method) => Method> = {
    'calls what it replaced on the query': handle => function () {
      const { resolve, reject } = this
      this.resolve = value => resolve.call(this, value)
      this.reject = error => reject.call(this, error)
      return handle.call(this)
    },
    'takes functions off the query': handle => function () {
      const { resolve, reject } = this
      this.resolve = value => resolve(value)
      this.reject = error => reject(error)
      return handle.call(this)
    },
    'begins later': handle => async function () {
      await null
      return await handle.call(this)
    }
  }
  for (const [title, wrap] of Object.entries(wrappers)) {
    for (const order of ['before', 'after']) {
      await t.test(`another library that wraps handle ${order} and ${title}`, async t => {
        const driver = loadDriver()
        const client = driver(url, options)
        const other = () => {
          const prototype = prototypeOf(client)
          prototype['handle'] = wrap(prototype['handle'] as Method)
        }
        if (order === 'before') other()
        const { sql, phases, read, countBy } = measured(t, client)
        if (order === 'after') other()
        await Promise.all([1, 2, 3].map(async n => await sql`/* asked */ select ${n}::int`))
        await t.rejects(sql`/* failing */ select 1/0`, { code: '22012' })
        let rows = 0
        for await (const batch of sql`/* iterated */ select generate_series(1, 5)`.cursor(2)) rows += batch.length
        t.equal(rows, 5)
        await sql.begin(async sql => await Promise.all([sql`/* inside */ select 1`, sql`/* inside */ select 1`]))
        t.strictSame([phases('asked'), phases('failing'), phases('iterated'), phases('inside')], [[3, 3], [1, 1], [1, 1], [2, 2]])
        t.equal(read('db.rows', { query: 'iterated' }).count, 5)
        t.strictSame(countBy('db.query.errors', 'code'), { 22012: 1 })
        t.equal(read('db.hook.degraded').count, 0)
      })
    }
  }

  await t.test('a client that another library wraps with a Proxy', async t => {
    const wrapped = new Proxy(postgres(url, options), {
      apply: (sql, self, args) => Reflect.apply(sql, self, args),
      get: (sql, property, receiver) => Reflect.get(sql, property, receiver)
    })
    const { sql, phases } = measured(t, wrapped)
    await sql`/* asked */ select 1`
    await sql.begin(async sql => { await sql`/* asked */ select 1` })
    t.strictSame(phases('asked'), [2, 2])
    measureClient(sql, createSqlInstruments(new Catalogue()))
    await sql`/* asked */ select 1`
    t.strictSame(phases('asked'), [3, 3])
  })

  /** Ways in which the driver may come to differ; `true` when queries are still measured by their total time. */
  const changes: Array<[string, boolean, (client: Sql) => Sql]> = [
    ['has no handle', true, client => {
      const prototype = prototypeOf(client)
      const handle = prototype['handle'] as Method
      for (const name of ['then', 'catch', 'finally']) {
        const native = Promise.prototype[name as 'then'] as unknown as Method
        prototype[name] = function (...args) { handle.call(this); return native.apply(this, args) }
      }
      prototype['execute'] = function () { handle.call(this); return this }
      Reflect.deleteProperty(prototype, 'handle')
      return client
    }],
    ['names the state of a query otherwise', true, client => {
      Object.defineProperty(prototypeOf(client), 'state', { get: () => undefined, set () {} })
      const change = (query: Changed) => { delete query['state']; return query }
      const { unsafe } = client
      return Object.assign(new Proxy(client, { apply: (sql, self, args) => change(Reflect.apply(sql, self, args) as unknown as Changed) }), {
        unsafe: (...args: Parameters<typeof unsafe>) => change(unsafe(...args) as unknown as Changed)
      }) as unknown as Sql
    }],
    ['is not to be changed', false, client => {
      Object.freeze(prototypeOf(client))
      return client
    }],
    ['has no options', true, client => {
      Reflect.deleteProperty(client, 'options')
      return client
    }],
    ['makes no queries', false, client => new Proxy(client, {
      get: (sql, property) => property === 'unsafe' ? () => { throw new Error('not today') } : Reflect.get(sql, property)
    })]
  ]
  for (const [title, isMeasured, change] of changes) {
    await t.test(`a driver that ${title} works on, and the metric says that it is not understood`, async t => {
      const { sql, read, countBy } = measured(t, change(loadDriver()(url, options)))
      t.same(await sql`/* asked */ select ${1}::int as n`, [{ n: 1 }])
      await t.rejects(sql`/* failing */ select 1/0`, { code: '22012' })
      t.equal(read('db.hook.degraded').count, 1)
      if (!isMeasured) return
      t.equal(read('db.query.execution', { query: 'asked' }).count, 1)
      t.ok(read('db.query.execution', { query: 'asked' }).sum > 0)
      t.strictSame(countBy('db.query.errors', 'code'), { 22012: 1 })
    })
  }

  await t.test('a driver that changes while it works falls back to the total time', async t => {
    const { sql, phases, read } = measured(t, loadDriver()(url, options))
    await sql`/* asked */ select 1`
    t.equal(read('db.hook.degraded').count, 0)
    const query = sql`/* asked */ select 1`
    Object.defineProperty(query, 'state', { get: () => 'elsewhere', set () {} })
    await query
    t.strictSame(phases('asked'), [2, 2])
    t.equal(read('db.hook.degraded').count, 1)
  })

  await t.test('unmeasuring what was never measured, or not understood, is harmless', async t => {
    const client = createClient({ url, fetchTypes: true })
    unmeasureClient(client)
    t.same(await client`select 1 as n`, [{ n: 1 }])
    await client.end()
    const catalogue = new Catalogue()
    const broken = (() => { throw new Error('not today') }) as unknown as Sql
    measureClient(broken, createSqlInstruments(catalogue))
    t.equal(read(catalogue, 'db.hook.degraded').count, 1)
    unmeasureClient(broken)
    t.equal(read(catalogue, 'db.hook.degraded').count, 0)
  })
})
