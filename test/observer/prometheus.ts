import t from 'tap'
import { startObserved } from '../fixtures/observed.js'
import { havePrograms } from '../fixtures/programs.js'
import { startPrometheus } from '../fixtures/prometheus.js'
import { until } from '../fixtures/until.js'

t.test('for Prometheus a service whose event loop is blocked is up, and the stall is in its graph', { timeout: 120_000 }, async t => {
  if (!havePrograms(t, 'prometheus')) return
  const { management, block } = await startObserved(t)
  const prometheus = await startPrometheus(t, { 'fastify-vitals': [new URL(management).host] })
  const value = async (query: string) => (await prometheus.instant(query))[0]?.values[0] ?? NaN
  await until('the first scrape', async () => await value('up{job="fastify-vitals"}') === 1, 30)
  await block('busyLoop', 6000)
  await until('the stall in the histogram', async () => await value('nodejs_eventloop_stall_duration_seconds_count') === 1, 30)
  t.equal(await value('min_over_time(up{job="fastify-vitals"}[1m])'), 1, 'it was never down')
  const longest = await value('max_over_time(nodejs_eventloop_stalled_seconds[1m])')
  t.ok(longest > 2 && longest < 7, `${longest} s`)
  t.equal(await value('nodejs_eventloop_stalled_seconds'), 0)
})
