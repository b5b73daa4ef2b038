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
  const run = () => { if (runs++ > 0) throw new Error('bad') }
  const check = createCheck('kept', run, { keep: 500 }, { now: () => clock })
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
    async given => {
      signal = given
      await new Promise(() => {})
    },
    { timeout: 20 },
    { onRun: (_outcome, error) => { failures.push(String(error?.message)) } }
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
  const circle: Record<string, unknown> = {}
  circle['itself'] = circle
  for (const [name, shown] of [['', "''"], [NaN, 'NaN'], [1n, '1n'], [circle, '<ref *1> { itself: [Circular *1] }']]) {
    t.throws(
      () => createCheck(name as never, () => {}),
      { name: 'TypeError', message: `A check needs a name, but got ${String(shown)}` }
    )
  }
  t.throws(() => createCheck('x', 3 as never), { message: 'Check x needs a function, but got 3' })
  const the = (option: string) => `The option ${option} of the health check redis is `
  const time = 'a number of milliseconds, above 0 and at most 2147483647'
  const wrong: Array<[options: object, message: string]> = [
    [{ timeout: -1 }, `${the('timeout')}-1, but must be ${time}`],
    [{ timeout: 3e9 }, `${the('timeout')}3000000000, but must be ${time}`],
    [{ keep: NaN }, `${the('keep')}NaN, but must be a number of milliseconds, from 0 to 2147483647`],
    [{ critcal: true }, 'the health check redis has no option critcal: did you mean critical?'],
    [{ critical: 'no' }, `${the('critical')}'no', but must be true or false`],
    [{ reason: 5 }, `${the('reason')}5, but must be a string that is not empty`],
    [{ on: [] }, `${the('on')}[], but must be a list of 'health', 'ready' or both`],
    [
      { on: ['ready', 'ready'] },
      "The option on of the health check redis has 'ready' more than once: give it once"
    ],
    [{ on: ['live'] }, `${the('on[0]')}'live', but must be one of 'health', 'ready'`]
  ]
  for (const [options, message] of wrong) {
    t.throws(() => createCheck('redis', () => {}, options), { name: 'TypeError', message })
  }
})

t.test('a check that returns false has failed, as one of under-pressure has', async t => {
  const told: string[] = []
  for (const run of [() => false, async () => false]) {
    const check = createCheck('redis', run, {}, { onRun: (_outcome, error) => { told.push(String(error?.message)) } })
    t.match(await check.ask(), {
      healthy: false,
      message: 'redis check failed: it returned false',
      reason: 'redis_failing'
    })
  }
  t.strictSame(told, ['it returned false', 'it returned false'])
})

t.test('what a check does not say itself is as all have it', async t => {
  let clock = 0
  let runs = 0
  const check = createCheck('x', () => { runs++ }, {}, { keep: 10, now: () => clock })
  await check.ask()
  clock = 9
  await check.ask()
  clock = 10
  await check.ask()
  t.equal(runs, 2)
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
