import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createCheck } from '../../src/health/check.js'

t.test('a check that passes says so, in its own words if it has any', async t => {
  t.match(await createCheck('cache', () => {}).ask(), { healthy: true, message: 'cache is working' })
  t.match(await createCheck('cache', async () => 'Warm').ask(), { healthy: true, message: 'Warm' })
})

t.test('a failure shows its code, never its text', async t => {
  const failing = (error: unknown) => createCheck('cache', () => { throw error }).ask()
  const refused = Object.assign(new Error('redis://user:hunter2@host refused'), { code: 'ECONNREFUSED' })
  t.match(await failing(refused), {
    healthy: false,
    message: 'cache check failed: ECONNREFUSED',
    reason: 'cache_failing'
  })
  t.match(await failing(new TypeError('hunter2')), { message: 'cache check failed: TypeError' })
  t.match(await failing(undefined), { healthy: false })
  t.match(
    await failing(Object.assign(new Error('x'), { reason: 'cold' })),
    { reason: 'cold', message: 'cache check failed: cold' }
  )
})

t.test('it runs once however many ask at a time', async t => {
  let runs = 0
  const check = createCheck('slow', async () => { runs++; await sleep(20) }, { keep: 0 })
  await Promise.all([check.ask(), check.ask(), check.ask()])
  t.equal(runs, 1)
  await check.ask()
  t.equal(runs, 2)
})

t.test('an outcome is kept for a moment, good or bad', async t => {
  let clock = 0
  let runs = 0
  const check = createCheck('kept', () => { if (runs++ > 0) throw new Error('bad') }, { keep: 500 }, () => clock)
  t.match(await check.ask(), { healthy: true })
  clock = 499
  t.match(await check.ask(), { healthy: true })
  clock = 500
  t.match(await check.ask(), { healthy: false })
  clock = 999
  t.match(await check.ask(), { healthy: false })
  t.equal(runs, 2)
})

t.test('at the deadline it has failed, and its signal is aborted', async t => {
  let signal: AbortSignal | undefined
  const failures: string[] = []
  const check = createCheck(
    'hung',
    async given => { signal = given; await new Promise(() => {}) },
    { timeout: 20 },
    undefined,
    (_outcome, error) => failures.push(String(error?.message))
  )
  t.match(await check.ask(), { healthy: false, message: 'hung check failed: no answer within 20 ms' })
  t.equal(signal?.aborted, true)
  t.same(failures, ['no answer within 20 ms'])
})

t.test('a failure after the deadline goes unnoticed', async t => {
  const check = createCheck('late', async () => { await sleep(30); throw new Error('late') }, { timeout: 10 })
  t.match(await check.ask(), { healthy: false })
  await sleep(40)
})

t.test('wrong arguments are refused with their value', async t => {
  t.throws(() => createCheck('', () => {}), { message: /needs a name, but got ""/ })
  t.throws(() => createCheck('x', 3 as never), { message: /needs a function, but got number/ })
  t.throws(() => createCheck('x', () => {}, { timeout: -1 }), { message: /above 0 ms, but got -1/ })
  t.throws(() => createCheck('x', () => {}, { keep: NaN }), { message: /0 ms or more, but got NaN/ })
})

t.test('what is forgotten is found anew, also when a run was under way', async t => {
  let well = false
  let runs = 0
  let release = () => {}
  const held = new Promise<void>(resolve => { release = resolve })
  const check = createCheck('cache', async () => {
    const now = well
    if (runs++ === 1) await held
    if (!now) throw new Error('cold')
  }, { keep: 60_000 })
  t.equal((await check.ask()).healthy, false)
  check.forget()
  const underWay = check.ask()
  well = true
  check.forget()
  t.equal((await check.ask()).healthy, true)
  release()
  t.equal((await underWay).healthy, false)
  t.equal((await check.ask()).healthy, true, 'what was asked before does not count')
})
