import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { root } from '../fixtures/guide.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

type Labels = Record<string, string>
interface Held { labels: Labels, status: { inhibitedBy: string[] } }

const instance = { namespace: 'prod', job: 'fastify-vitals', instance: 'app:8000' }
const check = (name: string, severity = 'critical') => ({ alertname: 'HealthCheckFailing', check: name, severity, ...instance })
const of = (alertname: string, severity: string, more: Labels = {}) => ({ alertname, severity, ...instance, ...more })
const database = [of('ReadinessFailing', 'critical'), of('HighErrorRate', 'critical'), of('DatabaseErrors', 'warning', { class: 'driver' }), of('DatabaseConnectionFailures', 'warning', { code: 'ECONNREFUSED' })]

const cases: Array<{ title: string, firing: Labels[], told: Labels[] }> = [
  { title: 'a database that is away is told of once', firing: [check('database'), check('migrations'), ...database], told: [check('database')] },
  { title: 'migrations that are pending are told of once', firing: [check('migrations'), of('MigrationsPending', 'warning'), of('ReadinessFailing', 'critical'), of('HighErrorRate', 'critical')], told: [check('migrations'), of('HighErrorRate', 'critical')] },
  { title: 'a check of another kind inhibits nothing, and is not inhibited', firing: [check('database'), check('cache', 'warning')], told: [check('database'), check('cache', 'warning')] },
  { title: 'nor does an alert of another instance', firing: [{ ...check('database'), instance: 'app-2:8000' }, ...database], told: [{ ...check('database'), instance: 'app-2:8000' }, ...database] },
  { title: 'nor does one of another namespace', firing: [{ ...check('database'), namespace: 'staging' }, ...database], told: [{ ...check('database'), namespace: 'staging' }, ...database] },
  { title: 'a pool that is saturated is told of, and not that its queries wait', firing: [of('PoolSaturated', 'warning', { pool: 'reports' }), of('QueriesWaiting', 'warning', { pool: 'reports' }), of('QueriesWaiting', 'warning', { pool: 'main' })], told: [of('PoolSaturated', 'warning', { pool: 'reports' }), of('QueriesWaiting', 'warning', { pool: 'main' })] },
  { title: 'a database without room is told of once', firing: [of('DatabaseOutOfResources', 'critical', { class: '53' }), of('DatabaseErrors', 'warning', { class: '53' }), of('DatabaseConnectionFailures', 'warning', { code: '53300' })], told: [of('DatabaseOutOfResources', 'critical', { class: '53' })] },
  { title: 'memory near its limit is told of, and not that it grows', firing: [of('MemoryNearLimit', 'critical'), of('MemoryGrowing', 'warning')], told: [of('MemoryNearLimit', 'critical')] },
  { title: 'an instance that is down has nothing more to say', firing: [of('TargetDown', 'critical'), check('database'), ...database], told: [of('TargetDown', 'critical')] },
  { title: 'a page stands for its ticket, of the same objective', firing: [of('ErrorBudgetBurn', 'critical', { slo: 'latency' }), of('ErrorBudgetBurn', 'warning', { slo: 'latency' }), of('ErrorBudgetBurn', 'warning', { slo: 'availability' })], told: [of('ErrorBudgetBurn', 'critical', { slo: 'latency' }), of('ErrorBudgetBurn', 'warning', { slo: 'availability' })] }
]

for (const { title, firing, told } of cases) {
  t.test(`Alertmanager: ${title}`, async t => {
    if (!havePrograms(t, 'prometheus-alertmanager')) return
    const directory = await temporaryDirectory(t)
    const address = `127.0.0.1:${await freePort()}`
    const { inhibit_rules: rules } = parse(await readFile(join(root, 'ops', 'alertmanager', 'alertmanager.yml'), 'utf8'))
    await writeFile(join(directory, 'alertmanager.yml'), stringify({ route: { receiver: 'none', group_wait: '0s' }, receivers: [{ name: 'none' }], inhibit_rules: rules }))
    startProgram(t, 'prometheus-alertmanager', [`--config.file=${directory}/alertmanager.yml`, `--storage.path=${directory}/data`, `--web.listen-address=${address}`, '--cluster.listen-address='])
    await until('Alertmanager', async () => await fetch(`http://${address}/-/ready`).then(({ ok }) => ok, () => false), 30)

    const posted = await fetch(`http://${address}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(firing.map(labels => ({ labels }))) })
    t.ok(posted.ok)
    const held = async () => await (await fetch(`http://${address}/api/v2/alerts`)).json() as Held[]
    const uninhibited = (alerts: Held[]) => alerts.filter(({ status }) => status.inhibitedBy.length === 0).map(({ labels }) => text(labels)).sort()
    const wanted = told.map(text).sort()
    await until('each alert to be looked at', async () => {
      const alerts = await held()
      return alerts.length === firing.length && JSON.stringify(uninhibited(alerts)) === JSON.stringify(wanted)
    }, 10).catch(() => {})
    const alerts = await held()
    t.equal(alerts.length, firing.length)
    t.strictSame(uninhibited(alerts), wanted)
  })
}

function text (labels: Labels): string {
  return Object.keys(labels).sort().map(name => `${name}=${labels[name]}`).join(' ')
}
