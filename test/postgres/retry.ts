import t from 'tap'
import { retried } from '../../src/postgres/retry.js'

const failure = (code: string) => Object.assign(new Error(code), { code })

t.test('asks three times in all for what passes, and once for what does not', async t => {
  const stalePlan = Object.assign(new Error('cached plan must not change result type'), {
    code: '0A000',
    routine: 'RevalidateCachedQuery'
  })
  for (const [error, times] of [
    ...['40P01', '40001', '57P01', 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'].map(code => [failure(code), 3] as const),
    [stalePlan, 3],
    ...['', '0A000', '23505', '53300'].map(code => [failure(code), 1] as const),
    [null, 1],
    [undefined, 1]
  ] as const) {
    let asked = 0
    const thrown = await retried(async () => {
      asked++
      throw error
    }).catch(error => error)
    t.equal(thrown, error)
    t.equal(asked, times, String(error?.code))
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
  let milliseconds = 0
  performance.now = () => milliseconds
  for (const [seconds, times] of [[3.9, 2], [4.1, 1]] as const) {
    milliseconds = 0
    let asked = 0
    await t.rejects(retried(async () => {
      asked++
      milliseconds = seconds * 1000 * asked
      throw failure('40P01')
    }), { code: '40P01' })
    t.equal(asked, times, `after ${seconds} s`)
  }
})
