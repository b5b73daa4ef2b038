import t from 'tap'
import { readDashboards, substitute } from '../fixtures/dashboards.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { startPrometheus } from '../fixtures/prometheus.js'
import { until } from '../fixtures/until.js'

t.test('of a target that never answered, the dashboards can choose it and show that it is down', async t => {
  if (!havePrograms(t, 'prometheus')) return
  const target = `127.0.0.1:${await freePort()}`
  const prometheus = await startPrometheus(t, { 'fastify-vitals': [target] })
  await until('the target to be down', async () => (await prometheus.instant('up == 0')).length === 1, 30)
  const overview = (await readDashboards()).find(({ uid }) => uid === 'vitals-overview')
  const chosen = { namespace: '.*', job: 'fastify-vitals', instance: '.+' }

  const valuesOf = async (variable: string) => {
    const { query } = overview?.templating.list.find(({ name }) => name === variable) ?? {}
    const text = typeof query === 'object' ? substitute(query.query, chosen) : ''
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? []
    return await prometheus.labelValues(label, selector)
  }
  await until('its job to be known', async () => (await valuesOf('job')).length > 0, 30).catch(() => {})
  t.same(await valuesOf('job'), ['fastify-vitals'])
  t.same(await valuesOf('instance'), [target])
  const [up] = overview?.panels.find(({ title }) => title === 'Targets up')?.targets ?? []
  t.match(await prometheus.instant(substitute(up?.expr ?? '', chosen)), [{ values: [0] }], '0 %, not no data')
})
