import fastify from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import { until } from '../fixtures/until.js'

t.test('what is repeated while main is blocked is asked again at each check, though nobody probes', async t => {
  const app = fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics)
  await app.register(health)
  let runs = 0
  app.health.check('migrations', async () => {
    runs++
    if (runs === 1) throw new Error('pending')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const management = await app.metrics.observer?.listen({ port: 0, host: '127.0.0.1' })
  await until('the observer to have asked', () => runs === 1)
  app.health.recheck()
  await until('the observer to have asked anew', () => runs === 2)
  const ready = await fetch(`http://127.0.0.1:${management?.port}/health/ready`)
  t.equal(ready.status, 200)
})
