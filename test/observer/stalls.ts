import { execFile } from 'node:child_process'
import { setPriority } from 'node:os'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createStallLog } from '../../src/observer/stall-log.js'
import { startObserved } from '../fixtures/observed.js'
import { havePrograms, startProgram } from '../fixtures/programs.js'
import { until } from '../fixtures/until.js'

t.test('a stall is named when most of it was before the next beat was due, as is one after what was none', async t => {
  const { block, logged, lineOf } = await startObserved(t, { observer: { stallMs: 1000 } })
  const stalls = () => logged().filter(({ msg }) => String(msg).startsWith('The event loop was blocked'))
  const named = () => stalls().find(({ function: name }) => name === 'busyLoop')
  // Suspected for a second from the beat before.
  await block('busyLoop', 700, 450)
  // The observer may be late on a busy machine, or find that main waits for the processor; it looks again in a minute.
  await until('its name', async () => {
    await block('busyLoop', 1400, 0)
    await until('a line', () => stalls().length > 0)
    return named() !== undefined
  }, 60)
  for (const { seconds } of stalls()) t.ok(Number(seconds) >= 1, `${String(seconds)} s`)
  t.equal(named()?.['line'], lineOf('busyLoop'))
})

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

t.test('what was no stall does not name the next, though main gave a sign of life before it was late', async t => {
  const { blockWhileAsked, block, logged, lineOf } = await startObserved(t, { observer: { stallMs: 1000 } })
  for (let times = 0; times < 3; times++) await blockWhileAsked('microtasks', 800, 350)
  // On a busy machine these may have been stalls, and then the next is not looked into within a minute.
  const earlier = logged().length
  const named = () => logged().slice(earlier).find(({ function: name }) => name !== undefined)
  await until('its name', async () => {
    await block('busyLoop', 1400, 0)
    return named() !== undefined
  }, 30)
  t.match(named(), { function: 'busyLoop', line: lineOf('busyLoop') })
})

const onLinux = { skip: process.platform !== 'linux' }

t.test('JavaScript that waits for the processor is not taken for native code', onLinux, async t => {
  if (!havePrograms(t, 'taskset')) return
  for (const _ of [1, 2, 3]) startProgram(t, 'taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'])
  // Main may have the processor too late for any sample, or have waited for it in something else before.
  await until('its name', async () => {
    const { pid, management, block, logged, lineOf } = await startObserved(t, { observer: { stallMs: 2000 } })
    const blocked = block('busyLoop', 6000)
    await until('the stall', async () =>
      /^nodejs_eventloop_stalled_seconds 0?[.1-9]/m.test(await (await fetch(`${management}/metrics`)).text()))
    // All on one processor, where main comes after the other programs, and the observer does not.
    await promisify(execFile)('taskset', ['-acp', '0', String(pid)])
    setPriority(pid, 19)
    await blocked
    await until('a line', () => logged().length > 0)
    const told = logged().find(line => line['function'] === 'busyLoop')
    if (told === undefined) return false
    t.equal(told['line'], lineOf('busyLoop'))
    t.notOk('afterNative' in told, String(told['msg']))
    return true
  }, 60)
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
  const { management, block, scrape } = await startObserved(t, { observer: { stallMs: 500 } })
  const last = async () => {
    const { stalls } = await (await fetch(`${management}/health/live`)).json() as
      { stalls: Array<{ at: string, function?: string }> }
    return stalls[0]
  }
  const counted = async () =>
    (await scrape(management)).get('nodejs_eventloop_stall_duration_seconds')?.samples.at(-1)?.value ?? NaN
  await until('a stall to be named', async () => {
    await block('busyLoop', 1500)
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
