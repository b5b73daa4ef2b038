import { parse } from 'yaml'
import { valuesOf } from '../../shared/exposition.js'
import { count, fail, pass, type Step } from '../step.js'

interface Config {
  scrape_configs?: unknown[]
  rule_files?: unknown[]
}

export const prometheusConfig: Step = {
  name: 'prometheus-config',
  title: 'Configuration',
  parts: ['prometheus'],
  needs: ['prometheus'],
  async check ({ askJson, metrics }) {
    const exposition = await metrics('prometheus')
    if (exposition !== undefined && valuesOf(exposition, 'prometheus_config_last_reload_successful')[0] === 0) {
      return fail(
        'refused at the last reload',
        'There is an error in ops/prometheus, and Prometheus still runs with what it had before.',
        'docker compose exec prometheus promtool check config /etc/prometheus/prometheus.yml',
        'then: docker compose exec prometheus kill -HUP 1'
      )
    }
    const { data: { yaml } } = await askJson<{ data: { yaml: string } }>('prometheus', '/api/v1/status/config')
    const { scrape_configs: jobs = [], rule_files: files = [] } = parse(yaml) as Config
    if (jobs.length === 0) {
      return fail(
        'without scrape_configs',
        'So Prometheus asks nobody.',
        'compare with ops/prometheus/prometheus.yml',
        'docker compose exec prometheus cat /etc/prometheus/prometheus.yml'
      )
    }
    return pass(`loaded: ${count(jobs.length, 'scrape job')}, ${count(files.length, 'path')} of rule files`)
  }
}
