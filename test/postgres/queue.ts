import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { createClient, type Sql } from '../../src/postgres/client.js'
import { createBoundedClient } from '../../src/postgres/deadlines.js'
import { mend, type Queue } from '../../src/postgres/queue.js'
import { startPostgres } from '../fixtures/postgres.js'

/** A list as the driver makes them. */
function list (items: number[]): Queue<number> {
  return {
    get length () { return items.length },
    remove: item => items.includes(item) ? items.splice(items.indexOf(item), 1)[0] as number : null,
    push: item => { items.push(item); return item },
    shift: () => items.shift()
  }
}

const step = fc.oneof(
  fc.record({ method: fc.constantFrom('push' as const, 'remove' as const), item: fc.integer({ min: 0, max: 5 }) }),
  fc.constant({ method: 'shift' as const, item: 0 })
)

t.test('a mended list does what a list does, whenever it is mended', async t => {
  fc.assert(fc.property(fc.array(step), fc.array(step), (before, after) => {
    const [mended, plain] = [list([]), list([])]
    const both = ({ method, item }: { method: 'push' | 'remove' | 'shift', item: number }) => {
      assert.equal(mended[method](item), plain[method](item))
      assert.equal(mended.length, plain.length)
    }
    before.forEach(both)
    mend(mended)
    mend(mended)
    assert.equal(mended.length, plain.length)
    after.forEach(both)
  }))
})

t.test('many queries at once do not get slower the more there have been', async t => {
  const { url } = await startPostgres(t)
  const options = { url, poolSize: 4 }
  const { sql, end } = createBoundedClient({ ...options, acquireTimeoutMs: 10_000 })
  const bare = createClient(options)
  t.teardown(async () => { await Promise.all([end(1), bare.end()]) })

  /** Has 120,000 queries made, 16 at once, and returns how long the last sixth took beside the second. */
  const growth = async (sql: Sql) => {
    const times: number[] = []
    let asked = 0
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (asked < 120_000) {
        if (asked++ % 20_000 === 0) times.push(performance.now())
        await sql`select 1`
      }
    }))
    times.push(performance.now())
    const took = (sixth: number) => (times[sixth] as number) - (times[sixth - 1] as number)
    return took(6) / took(2)
  }
  const [ours, drivers] = [await growth(sql), await growth(bare)]
  t.ok(ours < 0.8 * drivers, `the last took ${ours} times as long as the early ones, and ${drivers} times by the driver's own lists`)
})
