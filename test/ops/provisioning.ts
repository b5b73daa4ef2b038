import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { readDashboards } from '../fixtures/dashboards.js'
import { readRules } from '../fixtures/prometheus.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = async (...path: string[]) => parse(await readFile(join(root, ...path), 'utf8'), { merge: true })
const provisioned = async (...path: string[]) => await read('ops', 'grafana', 'provisioning', ...path)

t.test('the data source is the Prometheus of the stack, and the one that dashboards begin with', async t => {
  const { datasources: [source] } = await provisioned('datasources', 'prometheus.yml')
  t.match(source, { name: 'Prometheus', uid: 'prometheus', type: 'prometheus', url: 'http://prometheus:9090' })
  t.ok((await read('docker-compose.yml')).services.prometheus)
  t.equal(source.jsonData.timeInterval, (await read('ops', 'prometheus', 'prometheus.yml')).global.scrape_interval)
  for (const { title, templating } of await readDashboards()) {
    t.match(
      templating.list[0],
      { type: 'datasource', query: source.type, current: { text: source.name, value: source.uid } },
      title
    )
  }
})

t.test('dashboards are read from where docker-compose.yml mounts them', async t => {
  const { volumes } = (await read('docker-compose.yml')).services.grafana
  const { providers: [provider] } = await provisioned('dashboards', 'vitals.yml')
  t.ok(volumes.includes(`./ops/grafana/dashboards:${provider.options.path}:ro`), provider.options.path)
  t.ok(volumes.includes('./ops/grafana/provisioning:/etc/grafana/provisioning:ro'))
})

t.test('Grafana\'s own alerting is off, and its example sends to the Alertmanager of the stack', async t => {
  const files = await readdir(join(root, 'ops', 'grafana', 'provisioning', 'alerting'))
  t.strictSame(files.filter(file => /\.(ya?ml|json)$/.test(file)), [], 'Grafana reads none of them')
  const {
    contactPoints: [point],
    policies: [policy],
    groups: [group]
  } = await provisioned('alerting', 'alertmanager.yml.example')
  const [receiver, ofJournal] = point.receivers
  t.equal(policy.receiver, point.name)
  t.ok(
    (await read('docker-compose.yml')).services[new URL(receiver.settings.url).hostname] &&
      (await read('docker-compose.yml')).services[new URL(ofJournal.settings.url).hostname]
  )
  const { datasources: [source] } = await provisioned('datasources', 'prometheus.yml')
  const [query] = group.rules[0].data
  t.equal(query.datasourceUid, source.uid)
  const rules = Object.values(await readRules()).flat().flatMap(({ rules }) => rules)
  const [{ evaluator }] = group.rules[0].data[1].model.conditions
  const expr = query.model.expr.replace(' and ', ` > ${evaluator.params[0]} and `)
  t.equal(expr, rules.find(({ alert }) => alert === 'HighErrorRate')?.expr, 'its rule is HighErrorRate')
})
