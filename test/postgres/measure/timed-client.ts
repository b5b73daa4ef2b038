import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import type { Sql } from '../../../src/postgres/client/client.js'
import { measureClient } from '../../../src/postgres/measure/measure.js'
import { createSqlInstruments } from '../../../src/postgres/measure/sql-instruments.js'
import { measured } from '../../fixtures/measured.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { temporaryDirectory } from '../../fixtures/service.js'

const require = createRequire(import.meta.url)

t.test('measuring a client that was made elsewhere', async t => {
  const { url } = await startPostgres(t)
  const options = { max: 2, onnotice: () => {} }
  const kinds: Record<string, () => Sql> = {
    'of the module': () => postgres(url, options),
    'of the CommonJS copy of the driver': () => (require('postgres') as typeof postgres)(url, options),
    'that another library wraps with a Proxy': () => new Proxy(postgres(url, options), {
      apply: (sql, self, args) => Reflect.apply(sql, self, args),
      get: (sql, property, receiver) => Reflect.get(sql, property, receiver)
    })
  }

  for (const [kind, make] of Object.entries(kinds)) {
    await t.test(`a client ${kind} has each query timed as a whole`, async t => {
      const { sql, phases, read, countBy } = measured(t, make())
      t.same(await sql`/* asked */ select ${1}::int as n`, [{ n: 1 }])
      await sql`/* slow */ select pg_sleep(0.1)`
      await t.rejects(sql`/* failing */ select 1/0`, { code: '22012' })
      await sql.unsafe('/* plain */ select 1')
      sql`/* never */ select 1`
      let rows = 0
      for await (const batch of sql`/* iterated */ select generate_series(1, 5)`.cursor(2)) rows += batch.length
      t.equal(rows, 5)
      await sql.begin(async sql => {
        await sql`/* inside */ select 1`
        await sql.savepoint(async sql => await sql`/* inside */ select 1`)
      })
      const reserved = await sql.reserve()
      await reserved`/* reserved */ select 1`
      reserved.release()
      const names = ['asked', 'slow', 'failing', 'plain', 'never', 'iterated', 'inside', 'reserved']
      t.strictSame(names.map(phases), [[1, 1], [1, 1], [1, 1], [1, 1], [0, 0], [1, 1], [2, 2], [1, 1]])
      t.equal(read('db.rows', { query: 'iterated' }).count, 5)
      t.equal(read('db.query.wait').sum, 0)
      t.ok(read('db.query.execution', { query: 'slow' }).sum > 0.099)
      t.strictSame(countBy('db.query.errors', 'code'), { 22012: 1 })
      t.strictSame(countBy('db.query.errors', 'operation'), { SELECT: 1 })
    })
  }

  await t.test('asked for again, the same client is returned, and each query counted once', async t => {
    const bare = postgres(url, options)
    const instruments = createSqlInstruments(new Catalogue())
    const timed = measureClient(bare, instruments)
    t.teardown(async () => { await bare.end() })
    t.not(timed, bare)
    t.equal(measureClient(bare, instruments), timed)
    t.equal(measureClient(timed, instruments), timed)
    await timed`/* once */ select 1`
    await bare`/* unseen */ select 1`
    t.strictSame(instruments.wait.series.map(({ labels, cell }) => [labels[2], cell.count]), [['once', 1]])
  })

  await t.test('it does all that the client does, and what comes from elsewhere is timed, too', async t => {
    const file = join(await temporaryDirectory(t), 'query.sql')
    await writeFile(file, '/* filed */ select $1::int as n')
    const bare = postgres(url, options)
    const { sql, phases } = measured(t, bare)
    t.equal(sql.options, bare.options)
    const names = (of: unknown) => Object.keys(of as object).sort()
    t.strictSame(names(sql), names(bare))
    t.strictSame(await sql.begin(async sql => names(sql)), await bare.begin(async sql => names(sql)))
    t.same(await sql.file(file, [6]), [{ n: 6 }])
    t.same(await sql`/* named */ select ${sql('n')}, ${sql.json({ a: 1 })}::json as j from (select 1 as n) one`, [
      { n: 1, j: { a: 1 } }
    ])
    const [row] = await sql.begin('read only', async sql => {
      t.same(await sql.unsafe('/* inside_unsafe */ select 2 as n'), [{ n: 2 }])
      return await sql.savepoint('here', async sql => await sql`/* savepoint */ show transaction_read_only`)
    })
    t.same(row, { transaction_read_only: 'on' })
    const reserved = await sql.reserve()
    t.same(await reserved.unsafe('/* reserved_unsafe */ select 3 as n'), [{ n: 3 }])
    t.same(await reserved.file(file, [8]), [{ n: 8 }])
    reserved.release()
    const cancelled = sql`/* cancelled */ select pg_sleep(60)`
    cancelled.cancel()
    await t.rejects(cancelled)
    t.strictSame(
      ['filed', 'named', 'inside_unsafe', 'savepoint', 'reserved_unsafe', 'cancelled'].map(phases),
      [[2, 2], [1, 1], [1, 1], [1, 1], [1, 1], [0, 0]]
    )
  })
})

t.test('what is no client is refused', async t => {
  const instruments = createSqlInstruments(new Catalogue())
  const [begin, unsafe] = [() => {}, () => {}]
  for (const wrong of [
    undefined, null, 'sql', {}, { begin, unsafe }, () => {},
    Object.assign(() => {}, { begin }), Object.assign(() => {}, { unsafe })
  ]) {
    t.throws(() => measureClient(wrong as unknown as Sql, instruments), {
      name: 'TypeError',
      message: /^measure needs a client, such as app\.sql or postgres\(url\), but got /
    })
  }
})
