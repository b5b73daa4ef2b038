import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { heartbeat, type Beat } from '../../src/loop/heartbeat.js'
import { until } from '../fixtures/until.js'

const nextBeat = () => new Promise<Beat>(resolve => {
  const stop = heartbeat.listen(beat => {
    stop()
    resolve(beat)
  })
})

t.test('beats fall in with what wakes the loop anyway, and the next is due as soon as ever', async t => {
  let isInside = false
  let inside = 0
  const ahead: number[] = []
  const stop = heartbeat.listen(() => {
    ahead.push(heartbeat.pulse.dueMs())
    if (isInside) inside++
  })
  // As under-pressure's sample does.
  const timer = setInterval(() => {
    isInside = true
    heartbeat.fallIn()
    isInside = false
  }, 1000)
  await until('some of its beats to be beats of the other', () => inside >= 3, 60)
  clearInterval(timer)
  stop()
  t.ok(Math.max(...ahead) < 510, ahead.map(ms => ms.toFixed()).join(' '))
})

t.test('a beat that is not near stays where it is, and none comes before anybody listens', async t => {
  let beats = 0
  heartbeat.fallIn()
  const stop = heartbeat.listen(() => { beats++ })
  for (let times = 0; times < 20; times++) heartbeat.fallIn()
  t.equal(beats, 0)
  await until('a beat', () => beats > 0)
  stop()
  const before = beats
  heartbeat.fallIn()
  await sleep(1)
  t.equal(beats, before)
})

t.test('what the loop did in many short turns before it was blocked is not part of that', async t => {
  const turns = async (ms: number) => {
    const end = performance.now() + ms
    while (performance.now() < end) {
      block(1)
      await immediate()
    }
  }
  const block = (ms: number) => { for (const end = performance.now() + ms; performance.now() < end;) { /* busy */ } }
  const stop = heartbeat.listen(() => {})
  // Beats alone do not keep a process.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    stop()
  })
  // On a machine that is busy a turn may be interrupted, and takes long.
  await until('the length to be right', async () => {
    do await nextBeat(); while (heartbeat.pulse.dueMs() < 400)
    const before = performance.now()
    await turns(200)
    const began = performance.now()
    const told = nextBeat()
    block(600)
    const [blockedMs, tookMs] = [(await told).blockedMs, performance.now() - began]
    const turnedMs = began - before
    t.comment(`${blockedMs.toFixed()} ms told of ${tookMs.toFixed()}, after ${turnedMs.toFixed()} of short turns`)
    return Math.abs(blockedMs - tookMs) < turnedMs / 2
  })
})
