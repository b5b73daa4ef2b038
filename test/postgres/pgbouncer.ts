import t from 'tap'
import { createClient, type Sql } from '../../src/postgres/client/client.js'
import type { ClientOptions } from '../../src/postgres/client/client-options.js'
import type { PoolWarning } from '../../src/postgres/pool/pool-options.js'
import { startPgBouncer } from '../fixtures/pgbouncer.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'

t.test('through PgBouncer in transaction mode', async t => {
  if (!havePrograms(t, 'pgbouncer')) return
  const { url: direct } = await startPostgres(t)

  async function connect (
    options: Partial<ClientOptions>, settings: Record<string, string> = {}
  ): Promise<[Sql, PoolWarning[]]> {
    const warnings: PoolWarning[] = []
    const url = await startPgBouncer(t, direct, settings)
    const sql = createClient({ url, poolSize: 4, onWarning: warning => { warnings.push(warning) }, ...options })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    return [sql, warnings]
  }

  await t.test('it connects without the timeout that is refused, and warns of it once', async t => {
    const [sql, warnings] = await connect({ queryTimeoutMs: 300 }, { default_pool_size: '1' })
    const answers = await Promise.all([1, 2, 3, 4].map(async n => (await sql`select ${n}::int as n`)[0]?.['n']))
    t.strictSame(answers, [1, 2, 3, 4])
    t.match(warnings, [{ message: /statement_timeout/ }])
    t.equal(warnings.length, 1)
    await t.rejects(sql`select pg_sleep(5)`, { code: 'QUERY_TIMEOUT' })
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    t.equal(warnings.length, 1)
  })

  await t.test('it says nothing when there is no timeout to refuse', async t => {
    const [sql, warnings] = await connect({})
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    t.strictSame(warnings, [])
  })

  await t.test('unprepared statements, transactions, cursors and COPY work on whichever sessions it gives', async t => {
    const [sql] = await connect({ prepare: false, queryTimeoutMs: 5000 }, { default_pool_size: '2' })
    await sql`create table numbers (n int, doc jsonb)`
    await Promise.all(Array.from({ length: 40 }, async (_, n) => {
      const failing = sql`select 1 / (3 - n) from generate_series(1, ${5 + n}::int) as n`
      if (n % 4 === 0) await t.rejects(failing, { code: '22012' })
      await sql.begin(async sql => {
        const [first] = await sql`
          insert into numbers values (${n}, ${sql.json({ n })}) returning pg_current_xact_id()::text as xact`
        const [second] = await sql`select pg_current_xact_id()::text as xact, ${[n, n]}::int[] as pair`
        t.same(second, { xact: first?.['xact'], pair: [n, n] })
      })
    }))
    const seen: number[] = []
    for await (const rows of sql`select n from numbers order by n`.cursor(7)) seen.push(...rows.map(row => row?.['n']))
    t.equal(seen.length, 40)
    let copied = 0
    const readable = await sql`copy numbers to stdout`.readable()
    for await (const chunk of readable) copied += String(chunk).split('\n').length - 1
    t.equal(copied, 40)
    const query = sql`select pg_sleep(4)`
    setTimeout(() => { query.cancel() }, 200)
    await t.rejects(query, { code: '57014' })
  })
})
