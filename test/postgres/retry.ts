import t from 'tap'
import { retried } from '../../src/postgres/retry.js'

const failure = (code: string) => Object.assign(new Error(code), { code })

t.test('asks three times in all for what passes, and once for what does not', async t => {
  for (const [code, times] of [
    ['40P01', 3],
    ['40001', 3],
    ['CONNECTION_CLOSED', 3],
    ['23505', 1],
    ['53300', 1]
  ] as const) {
    let asked = 0
    await t.rejects(retried(async () => {
      asked++
      throw failure(code)
    }), { code })
    t.equal(asked, times, code)
  }
  let asked = 0
  t.equal(await retried(async () => {
    if (++asked < 2) throw failure('40P01')
    return 'done'
  }), 'done')
})

t.test('asks no more once four seconds have gone, however little was asked', async t => {
  const { now } = performance
  t.teardown(() => { performance.now = now })
  for (const [seconds, times] of [[3.9, 2], [4.1, 1]] as const) {
    let late = 0
    performance.now = () => now.call(performance) + late
    let asked = 0
    await t.rejects(retried(async () => {
      asked++
      late = seconds * 1000 * asked
      throw failure('40P01')
    }), { code: '40P01' })
    t.equal(asked, times, `after ${seconds} s`)
  }
})
