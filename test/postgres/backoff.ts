import t from 'tap'
import { backoff } from '../../src/postgres/backoff.js'

t.test('the pause is doubled with each failure up to a limit, and half of it is at random', async t => {
  const { random } = Math
  t.teardown(() => { Math.random = random })
  const pauses = () => [1, 2, 3, 4, 50].map(failures => backoff(failures, { shortestMs: 10, longestMs: 40 }))
  Math.random = () => 0
  t.strictSame(pauses(), [5, 10, 20, 20, 20])
  Math.random = () => 1
  t.strictSame(pauses(), [10, 20, 40, 40, 40])
})
