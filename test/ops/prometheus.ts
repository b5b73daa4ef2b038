import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { accepts } from '../fixtures/accepts.js'
import { havePrograms } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { copyOfOps } from '../fixtures/stack.js'

interface Rule {
  alert?: string
  record?: string
  expr: string
  for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}
interface Expected { exp_labels: Record<string, string> }
interface RuleTest { alert_rule_test?: Array<{ eval_time: string, alertname: string, exp_alerts: Expected[] }> }

const root = fileURLToPath(new URL('../..', import.meta.url))
const prometheus = join(root, 'ops', 'prometheus')
const read = async (...path: string[]) => await readFile(join(root, ...path), 'utf8')
const readAll = async (directory: string) =>
  await Promise.all((await readdir(join(prometheus, directory))).map(async name => parse(
    await read('ops', 'prometheus', directory, name)
  )))

const rules: Rule[] = (await readAll('rules')).flatMap(({ groups }: {
  groups: Array<{ rules: Rule[] }>
}) => groups.flatMap(({ rules }) => rules))
const alerts = rules.filter(({ alert }) => alert !== undefined)
const names = new Set(alerts.map(({ alert }) => alert as string))
const tests: RuleTest[] = (await readAll('tests')).flatMap(({ tests }: { tests: RuleTest[] }) => tests)
const runbook = await read('ops', 'runbook.md')
const headings = [...runbook.matchAll(/^### (.+)$/gm)].map(([, name]) => name as string)

t.test('promtool accepts configuration and rules, and each alert fires as tested', { timeout: 600_000 }, async t => {
  if (!havePrograms(t, 'promtool')) return
  await accepts(t, join(await copyOfOps(t), 'ops', 'prometheus'), 'promtool', 'check', 'config', 'prometheus.yml')
  for (const name of await readdir(join(prometheus, 'tests'))) {
    await accepts(t, prometheus, 'promtool', 'test', 'rules', join('tests', name))
  }
})

t.test('amtool accepts the configuration of Alertmanager, which names no alert that there is not', async t => {
  const text = await read('ops', 'alertmanager', 'alertmanager.yml')
  const named = [...text.matchAll(/alertname!?=~?"([^"]+)"/g)].flatMap(([, names]) => (names as string).split('|'))
  t.ok(named.length > 0)
  for (const name of named) t.ok([...names].some(alert => new RegExp(`^(${name})$`).test(alert)), name)
  if (havePrograms(t, 'amtool')) {
    await accepts(t, prometheus, 'amtool', 'check-config', '../alertmanager/alertmanager.yml')
  }
})

t.test('each alert says how severe it is, what it is and where to read on', async t => {
  t.ok(alerts.length > 30)
  for (const { alert = '', labels, annotations } of alerts) {
    t.match(labels, { severity: alert === 'Watchdog' ? 'none' : /^(critical|warning)$/ }, alert)
    t.match(annotations, { summary: /\w/, description: /^.*\w.*[.:].*$/s }, alert)
    t.equal(
      annotations?.['runbook_url'],
      `{{ with query "service:runbook:info" }}{{ . | first | label "url" }}{{ end }}#${alert.toLowerCase()}`,
      alert
    )
  }
})

t.test('the address of the runbook is set in one place', async t => {
  const places = rules.filter(rule => /https?:\/\//.test(JSON.stringify(rule)))
  t.match(places, [{ record: 'service:runbook:info', labels: { url: 'http://localhost:8000/runbook' } }])
  t.equal(places.length, 1)
})

t.test('no alert keeps the namespace out, by which the Operator and people tell prod from staging', async t => {
  for (const { alert, record, expr } of rules) {
    for (const [, labels = ''] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
      if (/\bjob\b/.test(labels) && labels !== 'job') {
        t.match(labels, /^namespace, job\b/, `${alert ?? record}: ${labels}`)
      }
    }
  }
})

t.test('no alert waits for less than the window that it counts in, for which one event stays true', async t => {
  const seconds = (text = '') => {
    const [, number, unit = ''] = /^(\d+)([smhd])$/.exec(text) ??
    []; return Number(number) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? NaN)
  }
  for (const { alert = '', expr, for: wait } of alerts.filter(({ alert }) => alert !== 'ErrorBudgetBurn')) {
    const windows = [
      ...expr.matchAll(/\b(?:rate|increase)\([^[]*\[(\w+)\]/g),
      ...expr.matchAll(/:rate(\w+)/g),
      ...expr.matchAll(/:ratio_rate(\w+)/g)
    ].map(([, window]) => seconds(window))
    // Without a wait it tells of an event, and of one is enough.
    if (windows.length > 0 && wait !== '0m') t.ok(seconds(wait) >= Math.max(...windows), `${alert}: for ${wait}`)
  }
})

t.test('the buckets of each route and query, maybe thousands, are read once a minute at most', async t => {
  const groups = (await readAll('rules')).flatMap(
    ({ groups }: { groups: Array<{ interval?: string, rules: Rule[] }> }) => groups
  )
  t.ok(groups.length > 10)
  for (const { interval, rules } of groups) {
    for (const { alert, record, expr } of rules) {
      if (interval !== '1m') t.notMatch(expr, /(?<!:)\b(http_request|db_query)_\w*_bucket/, alert ?? record ?? '')
    }
  }
})

t.test('each alert has a section in the runbook, and each section an alert', async t => {
  t.strictSame(headings.toSorted(), [...names].toSorted())
  for (const section of runbook.split(/^### /m).slice(1)) {
    t.match(section, /^```promql\n.+?\n```$/ms, section.split('\n')[0] as string)
  }
})

t.test('each query of the runbook is PromQL', async t => {
  if (!havePrograms(t, 'promtool')) return
  const queries = [
    ...runbook.matchAll(/^```promql\n(.*?)^```$/gms)
  ].flatMap(([, lines]) => (lines as string).trim().split('\n'))
  t.ok(queries.length > names.size)
  const file = join(await temporaryDirectory(t), 'runbook.yml')
  // As an alert, for a recording rule with the name of another is refused.
  await writeFile(
    file,
    JSON.stringify({
      groups: [{ name: 'runbook', rules: queries.map((expr, index) => ({ alert: `Query${index}`, expr })) }]
    })
  )
  await accepts(t, prometheus, 'promtool', 'check', 'rules', file)
})

t.test('each alert is tested to be silent before, to fire, and to be silent again', async t => {
  for (const { alert, labels } of alerts.filter(({ alert }) => alert !== 'Watchdog')) {
    const fires = ({ exp_labels: expected }: Expected) =>
      Object.entries(labels ?? {}).every(([name, value]) => expected[name] === value)
    const tested = tests.some(({ alert_rule_test: steps = [] }) => {
      const [first, ...rest] = steps.filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts: expected }) => expected)
      return first?.length === 0 && rest.at(-1)?.length === 0 && rest.some(expected => expected.some(fires))
    })
    t.ok(tested, `${alert} ${JSON.stringify(labels)}`)
  }
})

t.test('what the rules take for granted of the stack is what it sets', async t => {
  const { services } = parse(await read('docker-compose.yml'), { merge: true })
  const limit = rules.find(({ record }) => record === 'service:memory_limit:bytes')
  t.equal(limit?.expr, `vector(${parseInt(services.app.mem_limit)} * 1024 ^ 2)`)
  t.match(services.app.mem_limit, /^\d+m$/)
  const { scrape_configs: [{ sample_limit: samples }] } = parse(await read('ops', 'prometheus', 'prometheus.yml'))
  t.equal(rules.find(({ record }) => record === 'service:sample_limit:samples')?.expr, `vector(${samples})`)
  const { scrape_configs: jobs } = parse(await read('ops', 'prometheus', 'prometheus.yml'))
  t.ok(jobs.some(({ job_name: name }: { job_name: string }) => name === limit?.labels?.['job']))
  const retention = /retention\.time=\$\{PROMETHEUS_RETENTION:-(\d+)d\}/.exec(services.prometheus.command.join(' '))
  t.ok(Number(retention?.[1]) > 30, 'Prometheus keeps the 30 days of the error budget')
})

t.test('one disk of the stack is told of once, whatever Docker mounts of it into the container that looks', async t => {
  const { services } = parse(await read('docker-compose.yml'), { merge: true })
  const [, pattern = ''] = /mount-points-exclude=(\S+)/.exec(services['node-exporter'].command.join(' ')) ?? []
  const excluded = (path: string) => new RegExp(pattern.replaceAll('$$', '$')).test(path)
  const ofContainers = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/proc', '/var/lib/docker/volumes']
  t.strictSame(ofContainers.filter(path => !excluded(path)), [])
  t.strictSame(['/', '/boot', '/home', '/var/lib/postgresql', '/etcetera'].filter(excluded), [])
})
