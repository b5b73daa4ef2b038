import { parse } from 'yaml'
import { readSeconds } from './duration.js'

interface Route {
  receiver?: string
  group_wait?: string
  group_interval?: string
  routes?: Route[]
}

interface Receiver {
  [kind: string]: unknown
  name: string
  webhook_configs?: Array<{
    url?: string,
    url_file?: string,
    send_resolved?: boolean,
    http_config?: { authorization?: object, basic_auth?: object }
  }>
}

export interface JournalRoute {
  /** Receivers that post to the journal, or to what Alertmanager keeps secret. */
  receivers: string[]
  /** Those of them that a route leads to. */
  used: string[]
  /** Where webhooks post to that are not the journal. */
  others: string[]
  /** Whether all of `used` also tell of the end of an alert. */
  resolves: boolean
  /** Receivers that a route leads to and that tell people: not the journal, nor the heartbeat. */
  people: string[]
  /** Receivers but the heartbeat that a route leads to and that are filled in. */
  filled: string[]
  /** Longest times that an alert of a new group, and further news of a group, wait; in seconds. */
  waitSeconds: number
  intervalSeconds: number
}

const heartbeat = 'heartbeat'

/**
 * Reads out of Alertmanager's configuration how alerts come to the journal. From version 0.26 on it shows URLs as
 * `<secret>`.
 */
export function readJournalRoute (yaml: string): JournalRoute {
  const { route = {}, receivers = [] } = parse(yaml) as { route?: Route, receivers?: Receiver[] }
  const routes = flatten(route)
  const webhooks = receivers.flatMap(({
    name,
    webhook_configs: configs = []
  }) => configs.map(config => ({ name, ...config })))
  const toJournal = webhooks.filter(webhook => webhook.name !== heartbeat && isJournal(webhook))
  const ofJournal = ({ receiver }: Route) => toJournal.some(({ name }) => name === receiver)
  const reached = new Set(routes.map(({ receiver }) => receiver))
  const ofPeople = receivers.filter(({ name }) => name !== heartbeat && reached.has(name))
  const names = [...new Set(toJournal.map(({ name }) => name))]
  const used = names.filter(name => reached.has(name))
  return {
    receivers: names,
    used,
    others: webhooks.filter(webhook => !toJournal.includes(webhook)).map(({ url = '' }) => url),
    resolves: toJournal.every(({ name, send_resolved: resolved = true }) => resolved || !used.includes(name)),
    people: ofPeople.filter(tells).map(({ name }) => name),
    filled: ofPeople.filter(receiver => configsOf(receiver).length > 0).map(({ name }) => name),
    waitSeconds: Math.max(0, ...routes.filter(ofJournal).map(route => readSeconds(route.group_wait ?? '30s'))),
    intervalSeconds: Math.max(0, ...routes.filter(ofJournal).map(route => readSeconds(route.group_interval ?? '5m')))
  }
}

/** The tree of routes as a list; what a route does not say it has from the one above. */
function flatten (route: Route, above: Route = {}): Route[] {
  const whole = { ...above, ...route }
  return [whole, ...(route.routes ?? []).flatMap(child => flatten(child, whole))]
}

/** Whether a receiver notifies anybody: it has more than webhooks to a journal. */
function tells (receiver: Receiver): boolean {
  return configsOf(receiver).some(([kind, config]) => kind !== 'webhook_configs' || !isJournal(config))
}

function configsOf (receiver: Receiver): Array<[kind: string, config: object]> {
  return Object.entries(receiver).flatMap(([kind, configs]) => kind.endsWith('_configs') && Array.isArray(configs)
    ? configs.map((config: object) => [kind, config] as [string, object])
    : [])
}

function isJournal ({ url = '<secret>' }: { url?: string }): boolean {
  return url === '<secret>' || /\/api\/alerts\/?$/.test(url)
}
