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

/**
 * The PrometheusRule of groups of rules, for a Prometheus that watches others too: each query reads series of the job
 * `fastify-vitals` only, recorded constants get that job, and alerts on Prometheus, Alertmanager, PostgreSQL and
 * machines are left out, since whoever runs these has their own.
 */
export function prometheusRule (groups: Group[]) {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, labels: { 'app.kubernetes.io/name': name } },
    spec: {
      groups: groups.map(({ rules, ...group }) => ({
        ...group,
        rules: rules.filter(isOurs).map(narrow)
      })).filter(({ rules }) => rules.length > 0)
    }
  }
}

function isOurs ({ alert, expr }: Rule): boolean {
  return alert !== 'Watchdog' && !/\b(prometheus|alertmanager|node|pg|probe)_/.test(expr)
}

function narrow (rule: Rule): Rule {
  const isConstant = rule.expr.startsWith('vector(')
  return isConstant ? { ...rule, labels: { job: name, ...rule.labels } } : { ...rule, expr: ofJob(rule.expr, name) }
}
