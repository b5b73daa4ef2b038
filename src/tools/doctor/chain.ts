import type { Step } from './step.js'
import { alertmanager } from './steps/alertmanager.js'
import { dashboards } from './steps/dashboards.js'
import { dataSource } from './steps/data-source.js'
import { grafana } from './steps/grafana.js'
import { knownAlertmanager } from './steps/known-alertmanager.js'
import { metrics } from './steps/metrics.js'
import { health, live, ready } from './steps/probes.js'
import { prometheusConfig } from './steps/prometheus-config.js'
import { prometheus } from './steps/prometheus.js'
import { resolved } from './steps/resolved.js'
import { route } from './steps/route.js'
import { rules } from './steps/rules.js'
import { service } from './steps/service.js'
import { target } from './steps/target.js'
import { testAlert } from './steps/test-alert.js'

/** Every step, in the order of the way that numbers and alerts take. */
export const chain: Step[] = [
  service, health, ready, live, metrics,
  prometheus, prometheusConfig, target, rules,
  alertmanager, knownAlertmanager, route,
  grafana, dataSource, dashboards,
  testAlert, resolved
]
