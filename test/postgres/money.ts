import t from 'tap'
import { long } from '../fixtures/faults.js'
import { faults, moveMoney, ways, type RunOptions } from '../fixtures/money.js'
import { startPostgres } from '../fixtures/postgres.js'

// Each way and each fault once, and each size of the pool, where not all of their combinations are run: FAULTS=long.
const short: RunOptions[] = [
  { way: 'late', fault: 'terminated', poolSize: 5, seconds: 1 },
  { way: 'begin', fault: 'reset', poolSize: 10, seconds: 1 },
  { way: 'savepoint', fault: 'terminated', poolSize: 10, seconds: 1 },
  { way: 'reserve', fault: 'half-open', poolSize: 5, seconds: 1 },
  { way: 'reserve', fault: 'terminated', poolSize: 1, seconds: 1 },
  { way: 'pipelined', fault: 'reset', poolSize: 1, seconds: 1 }
]
const all = ways.flatMap(way => faults.flatMap(fault =>
  [1, 5, 10].map(poolSize => ({ way, fault, poolSize, seconds: 10 }))))

t.test('20 clients that move money, while connections are lost under them', async t => {
  const { url } = await startPostgres(t)
  for (const options of long ? all : short) {
    const { way, fault, poolSize } = options
    await t.test(`${way}, ${fault}, pool of ${poolSize}`, async t => {
      const { lost, committed, unknown, failed, ...wrong } = await moveMoney(t, url, options)
      t.comment(`| ${[way, fault, poolSize, lost, committed, unknown, failed, ...Object.values(wrong)].join(' | ')} |`)
      t.strictSame(wrong, { money: 0, accounts: 0, shared: 0, untrue: 0, unsettled: 0, wrongRows: 0, unhandled: 0 })
    })
  }
})
