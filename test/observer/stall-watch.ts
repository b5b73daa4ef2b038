import t from 'tap'
import { clock } from '../../src/clock.js'
import { longestPeriodMs, Pulse } from '../../src/loop/pulse.js'
import { createStallWatch } from '../../src/observer/stall-watch.js'

class LookedAt extends Pulse {
  looks = 0

  override suspectedIn (ms: number): number {
    this.looks++
    return super.suspectedIn(ms)
  }
}

t.test('the event loop is looked at once a silence is over, not two seconds after the look before', async t => {
  const pulse = new LookedAt()
  pulse.expect(clock() - longestPeriodMs)
  const watch = createStallWatch(pulse, false, () => ({ stallMs: 1000, livenessMs: 10_000 }))
  for (const seconds of [0.8, 1.2]) {
    const before = pulse.looks
    await watch.over(seconds)
    t.equal(pulse.looks, before + 1, `after ${seconds} s`)
  }
})
