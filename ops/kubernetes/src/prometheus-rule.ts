import { ofJob } from './of-job.js'

interface Rule {
  alert?: string
  expr: string
  labels?: Record<string, string>
}

interface Group {
  name: string
  rules: Rule[]
}

const name = 'fastify-vitals'

const settings = 'recorded-settings'

/**
 * The PrometheusRule of what is set in one place, apart so that an overlay can patch it: the runbook's address is its
 * first rule.
 */
export function settingsRule (groups: Group[]) {
  const rules = groups.filter(({ name }) => name === settings).flatMap(({ rules }) => rules).map(narrow)
  rules.sort((one, other) => Number(other.labels?.['url'] !== undefined) - Number(one.labels?.['url'] !== undefined))
  return resource(`${name}-settings`, [{ name: settings, rules }])
}

/**
 * The PrometheusRule of groups of rules, for a Prometheus that watches others too: each query reads series of the job
 * `fastify-vitals` only, recorded constants get that job, and alerts on Prometheus, Alertmanager, PostgreSQL and
 * machines are left out, since whoever runs these has their own.
 */
export function prometheusRule (groups: Group[]) {
  const ours = groups.filter(({ name }) => name !== settings).map(({ rules, ...group }) => ({
    ...group,
    rules: rules.filter(isOurs).map(narrow)
  }))
  return resource(name, ours.filter(({ rules }) => rules.length > 0))
}

function resource (of: string, groups: Group[]) {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: of, labels: { 'app.kubernetes.io/name': name } },
    spec: { groups }
  }
}

function isOurs ({ alert, expr }: Rule): boolean {
  return alert !== 'Watchdog' && !/\b(prometheus|alertmanager|node|pg|probe)_/.test(expr)
}

function narrow (rule: Rule): Rule {
  const isConstant = rule.expr.startsWith('vector(')
  return isConstant ? { ...rule, labels: { job: name, ...rule.labels } } : { ...rule, expr: ofJob(rule.expr, name) }
}
