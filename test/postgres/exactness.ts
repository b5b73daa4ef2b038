import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient, type Sql } from '../../src/postgres/client/client.js'
import { executing } from '../fixtures/executing.js'
import { countBy, measured } from '../fixtures/measured.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

interface Statement { query: string, calls: number, rows: number, seconds: number }

// PostgreSQL leaves the comment off, so each query has its name in it once more.
const marks: Record<string, RegExp> = { copied_in: /^copy load/, copied_out: /^copy \(/ }

for (const [what, prepare, connect] of [
  ['with prepared statements', true, url => createClient({ url, poolSize: 4 })],
  [
    'without prepared statements',
    false,
    url => createClient({ url, poolSize: 4, prepare: false, acquireTimeoutMs: 60_000 })
  ]
] as Array<[string, boolean, (url: string) => Sql]>) {
  t.test(`after a mixed load ${what}, what is recorded is what PostgreSQL counted`, async t => {
    await compare(t, prepare, connect)
  })
}

t.test('the mean time of execution is PostgreSQL\'s own, but for the round trip', async t => {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create extension pg_stat_statements`
  const { sql, read } = measured(t, { url, poolSize: 1 })
  const round = async () => {
    const before = await reading()
    for (let i = 0; i < calls; i++) {
      await sql`/* busy */ select pg_sleep(0.1) as busy`
    }
    const after = await reading()
    const of = (name: keyof typeof after) => (after[name] - before[name]) / calls
    return { ours: of('busy'), server: of('server') }
  }
  const calls = 1
  const reading = async () => {
    const [row] = await admin<Array<{
      seconds: number | null
    }>>`select total_exec_time / 1000 as seconds
      from pg_stat_statements where query like '%as busy%' and query not like '%pg_stat%'`
    return { busy: read('db.query.execution', { query: 'busy' }).sum, server: row?.seconds ?? 0 }
  }
  await round()
  // Medians, since a machine that is busy has a round now and then that took long.
  const rounds = []
  for (let i = 0; i < 9; i++) rounds.push(await round())
  const overhead = median(rounds.map(({ ours, server }) => ours - server))
  t.ok(overhead > 0, `${overhead} s more than PostgreSQL says`)
  t.ok(Math.min(...rounds.map(({ ours, server }) => ours / server)) < 1.5)
})

function median (values: number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] as number
}

async function compare (t: Test, prepare: boolean, connect: (url: string) => Sql) {
  const { url } = await startPostgres(t)
  const admin = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create extension pg_stat_statements`
  await admin`create table load (id serial primary key, n integer)`
  await admin`insert into load (n) select generate_series(1, 20)`
  await admin`select pg_stat_statements_reset()`

  const { sql, catalogue, read } = measured(t, connect(url))
  const times = async (count: number, ask: (n: number) => Promise<unknown>) => {
    await Promise.all(Array.from({ length: count }, async (_, n) => await ask(n)))
  }

  await Promise.all([
    times(200, async n => await sql`/* pipelined */ select ${n}::int as pipelined`),
    times(5, async () => await sql`/* sleeping */ select pg_sleep(0.1) as sleeping`),
    times(20, async n => await sql.begin(async sql => {
      await sql`/* inserted */ insert into load (n) values (${n}) returning id as inserted`
      await sql.savepoint(async sql => {
        await sql`/* saved */ select ${n}::int as a, 1 as saved`
        if (n % 2 === 0) throw new Error('back to the savepoint')
      }).catch(() => {})
      await Promise.all([
        sql`/* inside */ select ${n}::int as a, 2 as b, 3 as inside`,
        sql`/* inside */ select ${n}::int as a, 2 as b, 3 as inside`
      ])
      if (n % 5 === 0) throw new Error('back')
    }).catch(() => {})),
    times(6, async () => await sql`/* cursed */ select id as cursed from load where id <= 20`.cursor(7, () => {})),
    times(
      4,
      async () => {
        const batches = sql`/* iterated */ select id as iterated, n from load where id <= 20`.cursor(6)
        for await (const batch of batches) t.ok(batch.length > 0)
      }
    ),
    times(5, async () => await sql`/* each */ select n as each from load where id <= 20`.forEach(() => {})),
    times(7, async n => { await sql`/* divided */ select 10 / ${n % 2}::int as divided`.catch(() => {}) }),
    times(3, async () => { await sql`/* missing */ select missing from nowhere`.catch(() => {}) }),
    times(8, async n => await sql.unsafe(`/* unsafe_named */ select ${n} as unsafe_named, 1, 2, 3, 4`)),
    times(
      3,
      async () => await sql.unsafe('/* several */ select 1 as several, 2, 3; select 1 as also, 2, 3, 4, 5, 6, 7, 8')
    )
  ])
  await sql.begin(async sql => {
    const writable = await sql`/* copied_in */ copy load (n) from stdin`.writable()
    await pipeline(Readable.from(['1\n', '2\n', '3\n']), writable)
  })
  const readable = await sql`/* copied_out */ copy (select n from load limit 5) to stdout`.readable()
  readable.resume()
  await once(readable, 'end')
  await until('COPY to be recorded', () => read('db.query.wait', { query: 'copied_out' }).count === 1)

  const long = sql`/* cancelled */ select pg_sleep(20) as cancelled, 1`.execute()
  await executing(admin, 'as cancelled, 1')
  long.cancel()
  await long.catch(() => {})
  await sql`/* killed */ select pg_terminate_backend(pg_backend_pid()) as killed`.catch(() => {})
  await sleep(50)
  await times(8, async () => { await sql`/* again */ select 1 as a, 2 as b, 3 as c, 4 as again`.catch(() => {}) })
  await times(40, async n => await sql`/* saturated */ select pg_sleep(0.01), ${n}::int as saturated`)

  const statements = await admin<Statement[]>`
    select query, calls::int, rows::int, total_exec_time / 1000 as seconds
      from pg_stat_statements where query not like '%pg_stat_statements%'`
  const [queries, errors, dispatched] = [
    'db.query.wait',
    'db.query.errors',
    'db.query.execution'
  ].map(name => countBy(catalogue, name, 'query')) as
    [Record<string, number>, Record<string, number>, Record<string, number>]

  const names = Object.keys(queries).filter(name => name !== '')
  t.equal(names.length, 18)
  for (const name of names) {
    const counted = statements.filter(({ query }) => (marks[name] ?? new RegExp(`\\bas ${name}\\b`)).test(query))
    const sum = (of: (statement: Statement) => number) => counted.reduce((sum, statement) => sum + of(statement), 0)
    // PostgreSQL does not count what fails.
    t.equal((queries[name] ?? 0) - (errors[name] ?? 0), sum(({ calls }) => calls), `${name}: calls`)
    if (name === 'several') continue
    t.equal(read('db.rows', { query: name }).count, sum(({ rows }) => rows), `${name}: rows`)
    if (errors[name] !== undefined) continue
    const total = read('db.query.wait', { query: name }).sum + read('db.query.execution', { query: name }).sum
    t.ok(total >= sum(({ seconds }) => seconds), `${name}: its time includes PostgreSQL's`)
  }
  t.strictSame(dispatched['again'], queries['again'] as number - (errors['again'] ?? 0))

  const mean = read('db.query.execution', { query: 'sleeping' }).sum / 5
  t.ok(mean > 0.099 && mean < 1, `sleeping 0.1 s took ${mean} s on average`)

  // Of prepared ones PostgreSQL counts what is not a query only the first time.
  for (const operation of prepare ? ['BEGIN', 'COPY'] : ['BEGIN', 'COMMIT', 'SAVEPOINT', 'ROLLBACK', 'COPY']) {
    const counted = statements.filter(({ query }) => new RegExp(`^${operation}\\b`, 'i').test(query))
    t.equal(
      read('db.query.wait', { operation }).count,
      counted.reduce((sum, { calls }) => sum + calls, 0),
      `${operation}: calls`
    )
  }
  t.strictSame(countBy(catalogue, 'db.transaction', 'outcome'), { commit: 17, rollback: 4 })
  t.equal(read('db.query.wait').count, Object.values(queries).reduce((sum, count) => sum + count, 0))

  t.equal(read('db.connections.opened').count, 5, 'one for each place, and one for the one that was killed')
  t.equal(read('db.connections.closed').count, 1)
  t.equal(read('db.queries.queued').count, 0)
}
