import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { heartbeat } from '../../src/loop/heartbeat.js'
import { until } from '../fixtures/until.js'

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

t.test('beats are as near each other as anybody wants', async t => {
  const ahead: number[] = []
  const stops = [heartbeat.listen(() => {}), heartbeat.listen(() => { ahead.push(heartbeat.pulse.dueMs()) }, 40)]
  await until('some beats', () => ahead.length > 3)
  for (const stop of stops) stop()
  t.ok(Math.max(...ahead) < 50, ahead.map(ms => ms.toFixed()).join(' '))
})
