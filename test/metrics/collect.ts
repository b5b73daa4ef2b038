import prom from 'prom-client'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { collect } from '../../src/metrics/collect.js'
import { ServedRegistry } from '../../src/metrics/served-registry.js'
import { until } from '../fixtures/until.js'

t.test('a metric that is collected too late is left out and counted once, though it comes later', async t => {
  const register = new ServedRegistry([])
  const failed = new Catalogue().value('failed').cell()
  let release = () => {}
  let isOver = false
  const late = new prom.Gauge({
    name: 'late',
    help: 'Late.',
    registers: [register],
    async collect () { await new Promise<void>(resolve => { release = resolve }) }
  })
  new prom.Gauge({ name: 'well', help: 'Well.', registers: [register] }).set(7)
  t.equal(await collect(register, failed), '# HELP well Well.\n# TYPE well gauge\nwell 7\n')
  release()
  late.get().then(() => { isOver = true }, t.threw)
  release()
  await until('it to be collected', () => isOver)
  t.equal(failed.value, 1)
})
