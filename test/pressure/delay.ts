import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { watchDelay } from '../../src/pressure/delay.js'

function block (ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

t.test('the longest delay is told at once, kept for a while, and then forgotten', async t => {
  const delay = watchDelay(200)
  t.teardown(delay.stop)
  await sleep(100)
  block(600)
  t.ok(delay.longest() >= 500, `${delay.longest()} ms before the timer had its turn`)
  await sleep(100)
  t.ok(delay.longest() >= 500, `${delay.longest()} ms after it`)
  for (let i = 0; i < 100 && delay.longest() >= 500; i++) await sleep(50)
  t.ok(delay.longest() < 500)
})

t.test('a loop that is idle is not late', async t => {
  let time = 1000
  const delay = watchDelay(1000, () => time)
  t.teardown(delay.stop)
  t.equal(delay.longest(), 0)
  time += 49
  t.equal(delay.longest(), 0)
  time += 101
  t.equal(delay.longest(), 100)
})
