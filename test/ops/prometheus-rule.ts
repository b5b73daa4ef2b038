import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { ofJob } from '../../ops/kubernetes/src/of-job.js'
import { prometheusRule, settingsRule } from '../../ops/kubernetes/src/prometheus-rule.js'
import { accepts } from '../fixtures/accepts.js'
import { havePrograms } from '../fixtures/programs.js'
import { readRules, type RuleGroup } from '../fixtures/prometheus.js'
import { firstOfEach, type RuleTest } from '../fixtures/rule-tests.js'
import { temporaryDirectory } from '../fixtures/service.js'

interface RuleTests { rule_files: string[], tests: RuleTest[] }

const ops = fileURLToPath(new URL('../../ops', import.meta.url))
const source = Object.values(await readRules()).flat()
const made = prometheusRule(source)
const settings = settingsRule(source)
const notOurs = [
  'Watchdog', 'NobodyNotified', 'NotificationsFailing', 'AlertsNotSent', 'RulesFailing', 'MissingRuleEvaluations',
  'ConfigurationRejected', 'SamplesNotIngested', 'CompactionsFailing', 'RemoteWriteBehind', 'CertificateExpiring',
  'PostgresConnectionsShort', 'PostgresTransactionOpen', 'DiskFilling', 'DiskNearlyFull', 'HostMemoryShort'
]
const alertsOf = (groups: RuleGroup[]) => groups.flatMap(({ rules }) => rules).flatMap(({ alert = [] }) => alert)

t.test('the committed PrometheusRule is what the rules make', async t => {
  for (const [name, resource] of Object.entries({ prometheusrule: made, settings })) {
    const file = join(ops, 'kubernetes', `${name}.yaml`)
    const text = `# Made from ops/prometheus/rules by npm run prometheusrule.\n${stringify(resource, { lineWidth: 0 })}`
    if (process.env['TAP_SNAPSHOT'] === '1') await writeFile(file, text)
    else t.equal(await readFile(file, 'utf8'), text, 'npm run prometheusrule writes it anew')
  }
})

t.test('what an overlay sets is apart, the address of the runbook first', async t => {
  t.match(
    settings.spec.groups,
    [
      {
        rules: [
          { record: 'service:runbook:info', labels: { url: String } },
          { record: 'service:memory_limit:bytes' },
          { record: 'service:sample_limit:samples' }
        ]
      }
    ]
  )
  t.equal(settings.spec.groups[0]?.rules.length, 3)
})

t.test('a query is narrowed to a job wherever it reads series', async t => {
  const cases = {
    up: 'up{job="x"}',
    'up{}': 'up{job="x"}',
    'up{instance="a"} == 0': 'up{job="x", instance="a"} == 0',
    'absent(up{job="y"})': 'absent(up{job="y"})',
    'sum by (job) (rate(a_total{code=~"5.."}[5m] offset 1h)) / on (job) group_left () b':
      'sum by (job) (rate(a_total{job="x", code=~"5.."}[5m] offset 1h)) / on (job) group_left () b{job="x"}',
    'vector(1)': 'vector(1)'
  }
  for (const [query, narrowed] of Object.entries(cases)) t.equal(ofJob(query, 'x'), narrowed)
  t.throws(() => ofJob('sum(', 'x'), { message: /^Not PromQL at \d+: sum\($/ })
})

t.test('all alerts but those on others than the service are in it', async t => {
  const alerts = new Set(alertsOf(made.spec.groups))
  t.strictSame(alertsOf(source).filter(alert => !alerts.has(alert)), notOurs)
})

t.test('each alert of it fires and resolves as tested, beside series of another job', { timeout: 600_000 }, async t => {
  if (!havePrograms(t, 'promtool')) return
  const directory = await temporaryDirectory(t)
  const alerts = new Set(alertsOf(made.spec.groups))
  await writeFile(join(directory, 'rules.yml'), stringify({ groups: [...settings.spec.groups, ...made.spec.groups] }))
  await accepts(t, directory, 'promtool', 'check', 'rules', 'rules.yml')
  const { fired, firesAnother } = firstOfEach()
  for (const name of await readdir(join(ops, 'prometheus', 'tests'))) {
    const text = await readFile(join(ops, 'prometheus', 'tests', name), 'utf8')
    const { tests, ...rest } = parse(text, { merge: true }) as RuleTests
    const besideAnother = tests
      .filter(({ alert_rule_test: steps = [], promql_expr_test: queries = [] }) => queries.length === 0 &&
        steps.every(({ alertname }) => alerts.has(alertname)))
      .filter(firesAnother)
      .map(test => ({
        ...test,
        input_series: test.input_series.flatMap(input => [
          input,
          { ...input, series: input.series.replace('job="fastify-vitals"', 'job="another"') }
        ])
      }))
    if (besideAnother.length === 0) continue
    await writeFile(join(directory, name), stringify({ ...rest, rule_files: ['rules.yml'], tests: besideAnother }))
    await accepts(t, directory, 'promtool', 'test', 'rules', name)
  }
  t.strictSame([...alerts].filter(alert => ![...fired].some(key => key.startsWith(`${alert},`))), [], 'each was tested')
})
