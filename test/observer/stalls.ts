import { execFile } from 'node:child_process'
import { availableParallelism, getPriority, loadavg, setPriority } from 'node:os'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createStallLog } from '../../src/observer/stall-log.js'
import { startObserved } from '../fixtures/observed.js'
import { havePrograms, startProgram } from '../fixtures/programs.js'
import { until } from '../fixtures/until.js'

/** Processes that wait for each processor from which on the observer may come too late to name a stall in time. */
const busyLoad = 4

/** Tries with another process until one ran as it is to. Throws when none did, unless the machine was too busy. */
async function tries (t: Test, what: string, attempt: () => Promise<boolean>): Promise<void> {
  let load = 0
  for (let n = 0; n < 12; n++) {
    if (await attempt()) return
    load = Math.max(load, (loadavg()[0] as number) / availableParallelism())
    // Further tries would be no better, and would keep the others busy.
    if (n >= 3 && load >= busyLoad) break
  }
  const told = `${what} in no try, with ${load.toFixed(1)} processes for each processor`
  if (load < busyLoad) throw new Error(told)
  t.comment(told)
}

for (const [sign, isAsked] of [
  ['', false],
  [', though main gave a sign of life before it was late', true]
] as const) {
  t.test(`a stall is named right after what was suspected and none, which does not name it${sign}`, async t => {
    await tries(t, 'one that is none', async () => {
      const { blockUntilNamed, logged, lineOf, stop } = await startObserved(t, { observer: { stallMs: 1000 } })
      // Suspected for a second from the beat before.
      const none = await blockUntilNamed('microtasks', { afterBeatMs: 400, isAsked, limitMs: 5000 })
      t.comment(`blocked for ${none.blockedMs.toFixed()} ms, ${none.isNamed ? '' : 'not '}named`)
      const isNone = none.isNamed && none.blockedMs < 1000
      if (isNone) {
        const stall = await blockUntilNamed('busyLoop', { leastMs: 1050 })
        const named = () => logged().find(({ function: name }) => name !== undefined)
        await until('its name', () => named() !== undefined)
        const seconds = Math.floor(stall.blockedMs) / 1000
        t.match(named(), { function: 'busyLoop', line: lineOf('busyLoop'), seconds }, String(named()?.['msg']))
      }
      await stop()
      return isNone
    })
  })
}

t.test('a stall is named that is the first thing an app does', async t => {
  // The observer may be late on a busy machine.
  await until('its name', async () => {
    const { logged, lineOf } = await startObserved(t, { observer: { stallMs: 500 }, firstMs: 1400 })
    await until('a line', () => logged().length > 0)
    const { function: name, line } = logged()[0] as Record<string, unknown>
    t.comment(`${String(name)}, line ${String(line)}`)
    return name === 'busyLoop' && line === lineOf('busyLoop')
  })
})

const onLinux = { skip: process.platform !== 'linux' }
const mayRaise = process.getuid?.() === 0

t.test('JavaScript that waits for the processor is not taken for native code', onLinux, async t => {
  if (!havePrograms(t, 'taskset')) return
  const stallMs = 2000
  await tries(t, 'one that is looked into when it waits for the processor', async () => {
    const others = [1, 2, 3].map(() =>
      startProgram(t, 'taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], {}, true))
    const { pid, management, blockUntilNamed, logged, lineOf, stop } = await startObserved(
      t,
      { observer: { stallMs } }
    )
    const live = async () => await (await fetch(`${management}/health/live`)).json() as
      { stall?: { seconds: number, function?: string } }
    const blocked = blockUntilNamed('busyLoop', { limitMs: 240_000 })
    await until('the stall', async () => (await live()).stall !== undefined)
    // All on one processor, where main comes after the other programs, and the observer does not.
    const priority = getPriority(pid)
    await promisify(execFile)('taskset', ['-acp', '0', String(pid)])
    setPriority(pid, 19)
    const { stall } = await live()
    const isEarly = stall !== undefined && stall.function === undefined
    // For a second after it was asked to stop, unless it has by then.
    await until('it to have waited', async () => {
      const { stall } = await live()
      return stall === undefined || stall.function !== undefined || stall.seconds > stallMs / 1000 + 1
    })
    for (const other of others) other.kill()
    if (mayRaise) setPriority(pid, priority)
    await blocked
    if (isEarly) {
      const named = () => logged().find(({ function: name }) => name !== undefined)
      await until('a line', () => named() !== undefined)
      t.match(named(), { function: 'busyLoop', line: lineOf('busyLoop') })
      t.notOk('afterNative' in (named() ?? {}), String(named()?.['msg']))
    }
    await stop()
    return isEarly
  })
})

t.test('requests that were answered before a stall are not part of it', async t => {
  const { main, management, block } = await startObserved(t, { observer: { stallMs: 500 } })
  // The program may have to wait for the processor.
  await until('the right time', async () => {
    // Most of the time between two beats of a loop that was not busy.
    await sleep(1000)
    await block('busyLoop', 0, 0)
    const began = performance.now()
    while (performance.now() - began < 300) await fetch(`${main}/compute?ms=10`)
    const computedMs = performance.now() - began
    await block('busyLoop', 700)
    const { stalls } = await (await fetch(`${management}/health/live`)).json() as { stalls: Array<{ seconds: number }> }
    const told = stalls[0]?.seconds ?? NaN
    t.comment(`${told} s, of 0.7 after ${computedMs.toFixed()} ms of short requests`)
    return Math.abs(told - 0.7) < computedMs / 10_000
  })
})

t.test('in a worker thread a stall is told without a place, and no profile is taken', async t => {
  const token = 'a token'
  const { management, block, logged } = await startObserved(t, { observer: { stallMs: 500 }, token, inWorker: true })
  await block('busyLoop', 1500)
  await until('a line', () => logged().length > 0)
  t.match(logged()[0], { msg: /^The event loop was blocked for [\d.]+ s$/, seconds: Number })
  t.notOk('function' in (logged()[0] as object), 'the main thread is not what was stuck')
  const headers = { authorization: `Bearer ${token}` }
  const profile = await fetch(`${management}/debug/profile?seconds=1`, { headers })
  t.equal(profile.status, 501)
  t.match(await profile.json(), { code: 'PROFILE_NOT_AVAILABLE', message: /worker thread/ })
})

t.test('while a debugger may be attached a stall is told without a place', async t => {
  const { block, logged } = await startObserved(t, { observer: { stallMs: 500 }, flags: ['--inspect=127.0.0.1:0'] })
  await block('busyLoop', 1500)
  await until('a line', () => logged().length > 0)
  t.match(logged()[0], { msg: /^The event loop was blocked for [\d.]+ s$/, seconds: Number })
})

t.test('a stall within a minute of one that was looked into is counted, and not looked into', async t => {
  const { management, block, blockUntilNamed, scrape } = await startObserved(t, { observer: { stallMs: 500 } })
  const last = async () => {
    const { stalls } = await (await fetch(`${management}/health/live`)).json() as
      { stalls: Array<{ at: string, function?: string }> }
    return stalls[0]
  }
  const counted = async () =>
    (await scrape(management)).get('nodejs_eventloop_stall_duration_seconds')?.samples.at(-1)?.value ?? NaN
  // What a busy machine made of its start may have been looked into already.
  await until('a stall to be named', async () => {
    await blockUntilNamed('busyLoop', { leastMs: 600, limitMs: 5000 })
    return (await last())?.function === 'busyLoop'
  }, 30)
  const [named, before] = [await last(), await counted()]
  await block('microtasks', 1500)
  await until('the next', async () => (await last())?.at !== named?.at)
  t.notOk('function' in (await last() ?? {}))
  t.equal(await counted(), before + 1)
})

t.test('of stalls in a row the worst are logged, those that are named, and how many others there were', async t => {
  const lines: unknown[] = []
  const onStall = createStallLog({ warn: (details, message) => { lines.push([message, details]) } })
  const place = { function: 'parse', file: 'src/parse.js', line: 12, share: 0.9, samples: 10 }
  onStall(1.2, undefined)
  onStall(1.3, undefined)
  onStall(2.3, undefined)
  onStall(2.4, undefined)
  onStall(1, place)
  onStall(9, { ...place, share: 1, samples: 1, afterNative: true })
  t.strictSame(lines, [
    ['The event loop was blocked for 1.2 s', { seconds: 1.2 }],
    ['The event loop was blocked for 2.4 s; 2 more since the last line like this', { seconds: 2.4, others: 2 }],
    ['The event loop was blocked for 1 s in parse (src/parse.js:12), 90 % of 10 samples', { seconds: 1, ...place }],
    [
      'The event loop was blocked for 9 s in native code that returned to parse (src/parse.js:12), by a single sample',
      { seconds: 9, ...place, share: 1, samples: 1, afterNative: true }
    ]
  ])
})
