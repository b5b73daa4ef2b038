import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { flagsTable, readFlags, readInteger, readUrl } from '../shared/flags.js'
import { parts, type Part } from './parts.js'

export interface Options {
  service: URL
  /** The service's URL for metrics and probes. */
  management: URL
  prometheus: URL
  alertmanager: URL
  /** The Alertmanager that posts to the journal, when it is another one. */
  journalAlertmanager: URL
  /** With user and password in the URL. */
  grafana: URL
  skip: Part[]
  /** Most seconds to wait for an answer. */
  timeout: number
  /** Most seconds to wait for the test alert to fire, and again for it to end. */
  wait: number
  /** Directory of the dashboards that Grafana is compared with. */
  dashboards: string
  json: boolean
}

const flags = {
  service: {
    value: 'URL',
    default: 'http://localhost:8000',
    ports: ['APP_PORT', 'PORT'],
    env: 'SERVICE_URL',
    help: 'The service'
  },
  management: { value: 'URL', env: 'MANAGEMENT_URL', help: 'Its MANAGEMENT_PORT, where it has one' },
  prometheus: {
    value: 'URL',
    default: 'http://localhost:9090',
    ports: ['PROMETHEUS_PORT'],
    env: 'PROMETHEUS_URL',
    help: 'Prometheus'
  },
  alertmanager: {
    value: 'URL',
    default: 'http://localhost:9093',
    ports: ['ALERTMANAGER_PORT'],
    env: 'ALERTMANAGER_URL',
    help: 'Alertmanager'
  },
  'journal-alertmanager': {
    value: 'URL',
    default: 'http://localhost:9095',
    ports: ['JOURNAL_ALERTMANAGER_PORT'],
    env: 'JOURNAL_ALERTMANAGER_URL',
    help: 'The one that posts to the journal, where the first does not'
  },
  grafana: {
    value: 'URL',
    default: 'http://localhost:3000',
    ports: ['GRAFANA_PORT'],
    env: 'GRAFANA_URL',
    help: 'Grafana'
  },
  skip: {
    value: 'PARTS',
    list: true,
    env: 'DOCTOR_SKIP',
    help: `What to leave out, of ${parts.join(', ')}; may be repeated`
  },
  wait: {
    value: 'N',
    default: '90',
    env: 'DOCTOR_WAIT',
    help: 'Most seconds to wait for the test alert to fire, and to end'
  },
  timeout: { value: 'N', default: '10', help: 'Most seconds to wait for an answer' },
  dashboards: { value: 'DIR', default: 'ops/grafana/dashboards', help: 'The dashboards that Grafana should have' },
  json: { help: 'Print JSON, at the end' },
  help: { help: 'This text' }
} as const

export const help = `\
Walks the chain from the service by way of Prometheus and Alertmanager back into its journal, and to
Grafana; says for what is broken why, and what to do. Exit code 0 when all is well, else 1.

npm run doctor -- [flags]

${flagsTable(flags)}

Variables are also read from a file .env here, as Docker Compose does.

Grafana's login is admin, password admin, or GRAFANA_USER and GRAFANA_PASSWORD. Where others ask for
one, it can be in the URL: SERVICE_URL=https://user:password@host. The service's MANAGEMENT_TOKEN is the
password of any user.

The test alert is named DoctorTest and fires for some seconds; whatever else Alertmanager routes alerts
to hears of it too. --skip test-alert leaves it out.
`

/**
 * Reads the command line and the environment; undefined when help is asked for. Throws an Error that names what cannot
 * be used.
 */
export function readOptions (args: string[], environment: Record<string, string | undefined>): Options | undefined {
  const values = readFlags(flags, args, environment)
  if (values.help) return undefined
  const grafana = readUrl('grafana', values.grafana)
  if (grafana.username === '') {
    grafana.username = encodeURIComponent(environment['GRAFANA_USER'] || 'admin')
    grafana.password = encodeURIComponent(environment['GRAFANA_PASSWORD'] || 'admin')
  }
  return {
    service: readUrl('service', values.service),
    management: values.management === ''
      ? readUrl('service', values.service)
      : readUrl('management', values.management),
    prometheus: readUrl('prometheus', values.prometheus),
    alertmanager: readUrl('alertmanager', values.alertmanager),
    journalAlertmanager: readUrl('journal-alertmanager', values['journal-alertmanager']),
    grafana,
    skip: readParts(values.skip),
    wait: readInteger('wait', values.wait, 1, 3600),
    timeout: readInteger('timeout', values.timeout, 1, 60),
    dashboards: readDirectory(values.dashboards),
    json: values.json
  }
}

// In the image of the service there are none, and then it is looked for any.
function readDirectory (path: string): string {
  if (path !== flags.dashboards.default && !existsSync(path)) {
    throw new Error(`--dashboards is ${JSON.stringify(path)}, but there is no ${resolve(path)}`)
  }
  return path
}

function readParts (text: string): Part[] {
  const names = text.split(',').map(name => name.trim()).filter(name => name !== '')
  const unknown = names.find(name => !parts.some(part => part === name))
  if (unknown !== undefined) {
    throw new Error(`--skip does not know ${JSON.stringify(unknown)}: there are ${parts.join(', ')}`)
  }
  return parts.filter(part => names.includes(part))
}
