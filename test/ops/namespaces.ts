import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { accepts } from '../fixtures/accepts.js'
import { havePrograms } from '../fixtures/programs.js'
import { firstOfEach, type RuleTest, type Step } from '../fixtures/rule-tests.js'
import { temporaryDirectory } from '../fixtures/service.js'

const prometheus = fileURLToPath(new URL('../../ops/prometheus', import.meta.url))
const namespaces = ['prod', 'staging']

/** Each series of a test in two namespaces, and its alerts as many in each. */
function inNamespaces ({ alert_rule_test: steps = [], input_series: inputs, ...rest }: RuleTest) {
  const fires = ({ exp_alerts: expected = [], alertname }: Step) => expected.length > 0 && alertname !== 'Watchdog'
  return {
    ...rest,
    promql_expr_test: steps.filter(fires).map(({ eval_time: time, alertname, exp_alerts: expected = [] }) => ({
      expr: `count by (namespace) (ALERTS{alertname="${alertname}", alertstate="firing"})`,
      eval_time: time,
      exp_samples: namespaces.map(name => ({ labels: `{namespace="${name}"}`, value: expected.length }))
    })),
    input_series: namespaces.flatMap(name => inputs.map(({ series, values }) => ({
      series: series.replace('{', `{namespace="${name}", `),
      values
    })))
  }
}

t.test('each alert is told apart by namespace, and fires for each as for one', { timeout: 600_000 }, async t => {
  if (!havePrograms(t, 'promtool')) return
  const directory = await temporaryDirectory(t)
  const { firesAnother } = firstOfEach()
  for (const name of await readdir(join(prometheus, 'tests'))) {
    const text = await readFile(join(prometheus, 'tests', name), 'utf8')
    const {
      tests,
      rule_files: files,
      ...rest
    } = parse(text, { merge: true }) as { rule_files: string[], tests: RuleTest[] }
    const made = tests
      .filter(({ input_series: inputs }) => inputs.every(({ series }) => !series.includes('namespace=')))
      .filter(firesAnother)
      .map(inNamespaces)
    if (made.length === 0) continue
    await writeFile(
      join(directory, name),
      stringify({ ...rest, rule_files: files.map(file => join(prometheus, 'tests', file)), tests: made })
    )
    await accepts(t, directory, 'promtool', 'test', 'rules', name)
  }
})
