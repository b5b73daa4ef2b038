import { mock } from 'node:test'
import t from 'tap'
import { createReadLimiter } from '../../src/journal/read-limiter.js'
import { ReadsBusy } from '../../src/journal/errors.js'

/** What is asked, to be answered by hand. */
function asked () {
  const answers = new Map<string, (value: string) => void>()
  const ask = (name: string) => async () => await new Promise<string>(resolve => { answers.set(name, resolve) })
  return { ask, answer: (name: string) => { answers.get(name)?.(name) }, underWay: () => [...answers.keys()].join(' ') }
}
const settle = async () => { await new Promise(resolve => setImmediate(resolve)) }

t.test('a few costly reads are under way at once, the others wait in order, and too many are refused', async t => {
  const { ask, answer, underWay } = asked()
  const read = createReadLimiter<string>({ atOnce: 2, waiting: 2 })
  const reads = ['a', 'b', 'c', 'd'].map(async name => await read(name, ask(name)))
  await t.rejects(read('e', ask('e')), ReadsBusy)
  t.equal(underWay(), 'a b')
  answer('b')
  await reads[1]
  await settle()
  t.equal(underWay(), 'a b c')
  for (const name of 'acd') {
    answer(name)
    await settle()
  }
  t.strictSame(await Promise.all(reads), ['a', 'b', 'c', 'd'])
  const again = read('e', ask('e'))
  await settle()
  answer('e')
  t.equal(await again, 'e')
})

t.test('equal reads are one', async t => {
  const { ask, answer } = asked()
  const read = createReadLimiter<string>({ atOnce: 1, waiting: 0 })
  let times = 0
  const reads = Array.from({ length: 20 }, async () => await read('a', async () => {
    times++
    return await ask('a')()
  }))
  await settle()
  answer('a')
  t.strictSame(new Set(await Promise.all(reads)), new Set(['a']))
  t.equal(times, 1)
})

t.test('one that has waited for long is refused, and one that fails is asked again', async t => {
  const { ask } = asked()
  const read = createReadLimiter<string>({ atOnce: 1, patienceMs: 1 })
  read('a', ask('a')).catch(() => {})
  await t.rejects(read('b', ask('b')), ReadsBusy)
  const other = createReadLimiter<string>({ atOnce: 1 })
  await t.rejects(other('a', async () => { throw new Error('failed') }), /failed/)
  t.equal(await other('a', async () => 'right'), 'right')
})

t.test('an answer that took long is given again for a while, and no other', async t => {
  let time = 0
  const read = createReadLimiter<number>({ atOnce: 1, now: () => time })
  const taking = (milliseconds: number, answer: number) => async () => {
    time += milliseconds
    return answer
  }
  t.equal(await read('quick', taking(249, 1)), 1)
  t.equal(await read('quick', taking(249, 2)), 2)
  t.equal(await read('slow', taking(250, 1)), 1)
  t.equal(await read('slow', taking(250, 2)), 1)
})

t.test('it is given for ten times as long as it took, a minute at most', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  for (const [took, kept] of [[250, 2500], [6000, 60_000], [7000, 60_000]] as const) {
    let time = 0
    let answer = 0
    const read = createReadLimiter<number>({ atOnce: 1, now: () => time })
    const asked = async () => await read('a', async () => {
      time += took
      return ++answer
    })
    t.equal(await asked(), 1)
    mock.timers.tick(kept - 1)
    t.equal(await asked(), 1, `${kept} ms after one of ${took} ms have not gone`)
    mock.timers.tick(1)
    t.equal(await asked(), 2, `${kept} ms after one of ${took} ms have gone`)
  }
})
