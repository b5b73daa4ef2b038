import { parse } from 'yaml'
import { valuesOf } from '../../shared/exposition.js'
import type { Context } from '../context.js'
import { fail, pass, type Step } from '../step.js'

interface Known {
  data: { activeAlertmanagers: Array<{ url: string }> }
}

interface Alert {
  state?: string
  labels: { alertname: string }
}

const discoverySeconds = 10
// It sends an alert that still fires again each minute (--rules.alert.resend-delay), after an evaluation.
const resendSeconds = 75
const reload = 'then: docker compose exec prometheus kill -HUP 1'

export const knownAlertmanager: Step = {
  name: 'known-alertmanager',
  title: 'Known to Prometheus',
  parts: ['prometheus', 'alertmanager'],
  needs: ['prometheus', 'alertmanager'],
  async check (context) {
    const urls = await knownUrls(context)
    if (urls.length === 0) {
      return fail(
        'no Alertmanager is known to Prometheus',
        'The section alerting of prometheus.yml is missing or names none, ' +
        'so alerts fire there and nobody hears of them.',
        'add to ops/prometheus/prometheus.yml: alerting: ' +
        "{ alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093', 'alertmanager-journal:9093'] }] }] }",
        reload
      )
    }
    const hosts = urls.map(url => new URL(url).host).join(', ')
    const lost = await lostAlerts(context)
    if (lost.length === 0) return pass(`as ${hosts}`)
    return fail(
      `alerts sent to ${hosts} do not arrive: ${lost.join(', ')}`,
      'Prometheus cannot reach that address, or another Alertmanager is there than the one looked at.',
      'docker compose logs prometheus | grep -i notif',
      "correct alerting in ops/prometheus/prometheus.yml; in Docker the target is 'alertmanager:9093'",
      reload
    )
  }
}

/** Where Prometheus sends alerts, which it knows some seconds after its start. */
async function knownUrls ({ askJson, tell, until }: Context): Promise<string[]> {
  const read = async () =>
    (await askJson<Known>('prometheus', '/api/v1/alertmanagers')).data.activeAlertmanagers.map(({ url }) => url)
  const { data: { yaml } } = await askJson<{ data: { yaml: string } }>('prometheus', '/api/v1/status/config')
  const { alerting } = parse(yaml) as { alerting?: { alertmanagers?: unknown[] } }
  const urls = await read()
  if (urls.length > 0 || (alerting?.alertmanagers ?? []).length === 0) return urls
  tell(`waiting up to ${discoverySeconds} s for Prometheus to find those of its configuration`)
  return await until(discoverySeconds, async () => await read().then(urls => urls.length > 0 ? urls : undefined)) ?? []
}

/**
 * Names of alerts that fire in Prometheus and do not come to Alertmanager, though Prometheus had time to send them
 * again.
 */
async function lostAlerts ({ askJson, askList, metrics, tell, until }: Context): Promise<string[]> {
  const lost = async () => {
    const firing = (await askJson<{ data: { alerts: Alert[] } }>(
      'prometheus',
      '/api/v1/alerts'
    )).data.alerts.filter(({ state }) => state === 'firing')
    const held = new Set((await askList<Alert>('alertmanager', '/api/v2/alerts')).map(({ labels }) => labels.alertname))
    return [...new Set(firing.map(({ labels }) => labels.alertname))].filter(name => !held.has(name))
  }
  const failures = async () => {
    const exposition = await metrics('prometheus')
    return exposition === undefined
      ? 0
      : valuesOf(exposition, 'prometheus_notifications_errors_total').reduce((sum, value) => sum + value, 0)
  }
  const before = await failures()
  const names = await lost()
  if (names.length === 0) return []
  tell(`waiting up to ${resendSeconds} s for Prometheus to send ${names.join(', ')} again`)
  return await until(resendSeconds, async () => {
    const names = await lost()
    return names.length === 0 || await failures() > before ? names : undefined
  }) ?? names
}
