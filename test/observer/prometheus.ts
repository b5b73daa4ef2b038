import t from 'tap'
import { startObserved, type Blocker } from '../fixtures/observed.js'
import { havePrograms } from '../fixtures/programs.js'
import { startPrometheus } from '../fixtures/prometheus.js'
import { until } from '../fixtures/until.js'

/** Of each kind one: JavaScript, what it waits for, and what V8 does itself. blocked.ts has all. */
const few: Blocker[] = ['busyLoop', 'synchronousIo', 'garbage']

t.test('for Prometheus a service whose event loop is blocked is up, and the stall is in its graph', async t => {
  if (!havePrograms(t, 'prometheus')) return
  const { management, block } = await startObserved(t)
  const prometheus = await startPrometheus(t, { 'fastify-vitals': [new URL(management).host] })
  const value = async (query: string) => (await prometheus.instant(query))[0]?.values[0] ?? NaN
  await until('the first scrape', async () => await value('up{job="fastify-vitals"}') === 1, 30)

  let stalls = 0
  for (const by of few) {
    const began = performance.now()
    await block(by, 4000)
    const seconds = (performance.now() - began) / 1000
    stalls++
    await until(
      'the stall in the histogram',
      async () => await value('nodejs_eventloop_stall_duration_seconds_count') >= stalls,
      30
    )
    const longest = await value(
      `max_over_time(nodejs_eventloop_stalled_seconds[${Math.ceil((performance.now() - began) / 1000)}s])`
    )
    t.ok(longest > 1.5 && longest <= seconds, `${by}: ${longest} s of ${seconds}`)
    t.equal(
      await value('max_over_time(service_unready{reason="event_loop_blocked"}[30s])'),
      1,
      'and not ready meanwhile'
    )
    await until(
      'it to be over',
      async () => await value(
        'nodejs_eventloop_stalled_seconds + on (instance) service_unready{reason="event_loop_blocked"}'
      ) === 0
    )
  }
  t.equal(await value('min_over_time(up{job="fastify-vitals"}[3m])'), 1, 'it was never down')
})
