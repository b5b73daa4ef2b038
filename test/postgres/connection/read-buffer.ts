import t from 'tap'
import { createClient } from '../../../src/postgres/client/client.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

t.test('what is read from the server', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  const other = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await Promise.all([sql.end({ timeout: 0 }), other.end({ timeout: 0 })]) })

  await t.test('is right in pieces of any size', async t => {
    for (const times of [1, 3_000, 21_840, 21_845, 70_000, 2_000_000]) {
      const [row] = await sql`select repeat('äb', ${times}::int) as text, ${times}::int as times`
      t.ok(row?.['text'] === 'äb'.repeat(times), `${times} times`)
      t.equal(row?.['times'], times)
    }
    const rows = await sql`select n, md5(n::text) as text from generate_series(1, 20000) n`
    t.equal(rows.length, 20_000)
    t.ok(rows.every(({ n, text }, index) => n === index + 1 && text.length === 32))
  })

  await t.test('stays as it was when more is read', async t => {
    const first = await sql`select 'first'`.raw()
    const [[bytes] = []] = first as unknown as Buffer[][]
    for (let i = 0; i < 100; i++) await sql`select ${'x'.repeat(i * 10)}::text`
    t.equal(bytes?.toString(), 'first')
  })

  await t.test('is held back while its reader is busy, and all of it comes', async t => {
    const stream = await sql`copy (select repeat('x', 1000) from generate_series(1, 30000)) to stdout`.readable()
    let length = 0
    stream.once('data', (chunk: Buffer) => {
      length += chunk.length
      stream.pause()
    })
    await until('the server to wait for its client', async () => {
      const [found] = await other`select from pg_stat_activity where wait_event = 'ClientWrite'`
      return found !== undefined
    })
    stream.on('data', (chunk: Buffer) => { length += chunk.length })
    stream.resume()
    await new Promise(resolve => { stream.once('end', resolve) })
    t.equal(length, 30_000 * 1001)
    t.equal((await sql`select 1 as one`)[0]?.['one'], 1)
  })
})
