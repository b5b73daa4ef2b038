import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClient, type ISql, type Sql } from '../../src/postgres/client/client.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

type Failing = (sql: ISql) => Promise<unknown>

const oops = () => { throw new Error('oops') }
const long = (sql: ISql) => sql`select n, repeat('x', 1000) as padding from generate_series(1, 50000) as n`

const copied = async (sql: ISql) => await sql`
  copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout`.readable()

/** What may leave something behind on a connection. Each rejects, but for those in `quiet`. */
const failing: Record<string, Failing> = {
  'a result that fails in its midst': async sql => await sql`select 1 / (500 - n) from generate_series(1, 1000) as n`,
  'a result of several statements that fails in the second': async sql => await sql`
    select 1 as a; select 1 / (5 - n) from generate_series(1, 9) as n`.simple(),
  'a statement that is cancelled in the midst of its rows': async sql => {
    const query = sql`select n, pg_sleep(0.01), repeat('x', 1000) from generate_series(1, 1000) as n`
    const asked = query.execute()
    await sleep(100)
    query.cancel()
    await asked
  },
  'a statement whose time is up in the midst of its rows': async sql => await sql`
    select n, pg_sleep(0.01), repeat('x', 1000) from generate_series(1, 1000) as n`,
  'a statement that cannot be parsed': async sql => await sql`selec ${1}`,
  'a description of what cannot be parsed': async sql => await sql`selec ${1}`.describe(),
  'a forEach that throws': async sql => { await sql`select n from generate_series(1, 10) as n`.forEach(oops) },
  'a cursor that throws at once': async sql => { await sql`select n from generate_series(1, 10) as n`.cursor(2, oops) },
  'a cursor that rejects': async sql => {
    await sql`select n from generate_series(1, 10) as n`.cursor(2, async () => { await sleep(5); oops() })
  },
  'a cursor that throws at its last batch': async sql => {
    await sql`select n from generate_series(1, 3) as n`.cursor(2, rows => { if (rows.length === 1) oops() })
  },
  'a cursor that fails in its midst': async sql => {
    const cursor = sql`select 1 / (7 - n) from generate_series(1, 10) as n`.cursor(2)
    for await (const rows of cursor) if (rows.length === 0) break
  },
  'an iterated cursor that throws': async sql => {
    for await (const rows of long(sql).cursor(10)) if (rows.length > 0) oops()
  },
  'a parameter that is undefined': async sql => await sql`select ${undefined as unknown as string}`,
  'a parameter that cannot be JSON': async sql => await sql`select ${sql.json({ n: 1n } as never)}`,
  'a parameter that cannot be a string': async sql => await sql`
    select ${{ toString: oops } as unknown as string}::text`,
  'a parameter that cannot be a date': async sql => await sql`select ${'not a date'}::timestamptz`,
  'too many parameters': async sql => await sql`
    select ${1} where 1 in ${sql(Array.from({ length: 66_000 }, (_, n) => n))}`,
  'a COPY to nowhere': async sql => await sql`copy nowhere to stdout`.readable(),
  'a COPY that fails in the midst of its rows': async sql => {
    const readable = await sql`
      copy (select 1 / (20000 - n), repeat('x', 100) from generate_series(1, 30000) as n) to stdout`.readable()
    for await (const chunk of readable) if (chunk.length === 0) break
  },
  'a COPY whose reader throws': async sql => {
    for await (const chunk of await copied(sql)) if (chunk) oops()
  },
  'a COPY whose reader fails while it is paused': async sql => {
    const write = (_chunk: unknown, _encoding: unknown, done: (error: Error) => void) => {
      setTimeout(done, 100, new Error('oops'))
    }
    await pipeline(await copied(sql), new Writable({ highWaterMark: 1, write }))
  },
  'a COPY that is fed a bad row': async sql => {
    await pipeline(Readable.from(['1\n', 'two\n', '3\n']), await sql`copy numbers (n) from stdin`.writable())
  },
  'a COPY that is fed a bad row and much more': async sql => {
    const rows = function * () { for (let i = 0; i < 2000; i++) yield i === 50 ? 'two\n' : `${i}\n`.repeat(100) }
    await pipeline(Readable.from(rows()), await sql`copy numbers (n) from stdin`.writable())
  },
  'a COPY that is fed a row twice': async sql => {
    await pipeline(Readable.from(['1\n', '1\n']), await sql`copy numbers (n) from stdin`.writable())
  },
  'a COPY whose source fails': async sql => {
    const rows = async function * () { yield '1\n'; await sleep(5); oops() }
    await pipeline(Readable.from(rows()), await sql`copy numbers (n) from stdin`.writable())
  },
  'a COPY into a stream that is destroyed': async sql => {
    const writable = await sql`copy numbers (n) from stdin`.writable()
    writable.write('1\n')
    const closed = once(writable, 'close')
    writable.destroy()
    await closed
    oops()
  }
}

const quiet: Record<string, Failing> = {
  'an iterated cursor that is left': async sql => {
    for await (const rows of long(sql).cursor(10)) if (rows.length > 0) break
  },
  'a cursor that is closed': async sql => { await long(sql).cursor(10, () => (sql as Sql).CLOSE ?? {}) },
  'a COPY that nobody reads': async sql => { await sql`copy (select 1) to stdout`.readable() }
}

t.test('the next holder of a connection gets right rows after', async t => {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table numbers (n int primary key)`
  const sql = createClient({ url, poolSize: 1, acquireTimeoutMs: 10_000, queryTimeoutMs: 1000 })
  t.teardown(async () => { await sql.end({ timeout: 1 }) })

  const rows = async (sql: ISql) => {
    const result = await sql<Array<{ n: number }>>`select n from generate_series(1, 3) as n`
    return [result.count, ...result.map(row => row?.n)]
  }
  const right = [3, 1, 2, 3]
  const isOrderly = async () => {
    await until('nothing to be left in a transaction or at work', async () => (await admin`
      select from pg_stat_activity where application_name = 'fastify-vitals' and state <> 'idle'`).length === 0)
    return (await admin`select from numbers`).length
  }

  for (const [what, fail] of Object.entries({ ...failing, ...quiet })) {
    const fails = what in failing
    const outcome = async (asked: Promise<unknown>) => await asked.then(() => false, () => true)
    await t.test(what, async t => {
      t.equal(await outcome(fail(sql)), fails)
      t.strictSame(await rows(sql), right, 'of the pool')
      t.equal(await isOrderly(), 0)

      const pipelined = [outcome(fail(sql)), rows(sql), rows(sql)]
      t.strictSame(await Promise.all(pipelined), [fails, right, right], 'who waited for it')

      await sql.begin(async sql => { await fail(sql) }).then(() => t.notOk(fails), () => t.ok(fails))
      t.strictSame(await rows(sql), right, 'of the pool, after a transaction')

      const lost = await sql.begin(async sql => {
        t.equal(await outcome(sql.savepoint(fail)), fails)
        return await rows(sql)
      }).then(seen => { t.strictSame(seen, right, 'of the transaction') }, error => error as { code: string })
      if (lost !== undefined) t.match(lost, { code: 'CONNECTION_CLOSED' }, what)

      const reserved = await sql.reserve()
      t.equal(await outcome(fail(reserved)), fails)
      const seen = await rows(reserved).catch(({ code }) => code)
      if (seen !== 'CONNECTION_CLOSED') t.strictSame(seen, right, 'of the reserved connection')
      await reserved`begin`.catch(() => {})
      await outcome(fail(reserved))
      reserved.release()
      t.strictSame(await rows(sql), right, 'of the pool, after a reserved connection')
      t.equal(await isOrderly(), 0)
    })
  }

  await t.test('a reader of types that throws', async t => {
    const types = { point: { to: 600, from: [600], serialize: String, parse: oops } }
    const sql = createClient({ url, poolSize: 1, driver: { types } })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    for (let round = 0; round < 3; round++) {
      await t.rejects(sql`select point(n, n) from generate_series(1, 3) as n`, { message: 'oops' })
      t.strictSame(await rows(sql), right)
    }
  })

  await t.test('a transaction that a plain statement began', async t => {
    await t.rejects(sql`begin`, { code: 'UNSAFE_TRANSACTION' })
    t.strictSame(await rows(sql), right)
    t.equal(await isOrderly(), 0)
  })
})
