import { valuesOf } from '../../shared/exposition.js'
import type { Context } from '../context.js'
import { readSeconds } from '../duration.js'
import { readBlindJobs } from '../blind-jobs.js'
import { count, fail, pass, type Result, type Step } from '../step.js'

interface Target {
  labels: { job: string, instance: string }
  scrapeUrl: string
  health: 'up' | 'down' | 'unknown'
  lastError: string
  lastScrape: string
  scrapeInterval?: string
}

interface Vector {
  data: { result: Array<{ metric: Record<string, string>, value: [number, string] }> }
}

// Prometheus finds the targets of its configuration some seconds after its start.
const discoverySeconds = 10

export const target: Step = {
  name: 'target',
  title: 'Scrape target',
  parts: ['prometheus'],
  needs: ['metrics', 'prometheus'],
  async check (context) {
    let found = await look(context)
    while (!('status' in found)) {
      const { seconds, what } = found
      context.tell(`waiting up to ${seconds} s for ${what}`)
      found = await context.until(seconds, async () => {
        const now = await look(context)
        return 'status' in now || now.what !== what ? now : undefined
      }) ?? blame(await read(context), context)
    }
    return found.status === 'failed' ? await blind(context) ?? found : found
  }
}

/** What can be said now, or what is to be waited for, and how long at most. */
async function look (context: Context): Promise<Result | { seconds: number, what: string }> {
  const targets = await read(context)
  if (targets.length === 0) return { seconds: discoverySeconds, what: 'Prometheus to find its targets' }
  const started = await startOf(context)
  const ours = started === undefined ? targets.find(isLikely(context)) : await find(targets, started, context)
  if (ours !== undefined && ours.health !== 'unknown') return judge(ours)
  // Scraped before this process was there, or not at all: that tells nothing yet.
  const early = targets.filter(({ health, lastScrape }) => health === 'unknown' ||
    Date.parse(lastScrape) < ((started ?? 0) + 1) * 1000)
  if (early.length === 0) return blame(targets, context)
  return {
    seconds: Math.max(...early.map(({ scrapeInterval = '1m' }) => readSeconds(scrapeInterval))) + 10,
    what: 'the next scrape'
  }
}

/** When the service's process was started; undefined when it is left out. */
async function startOf ({ metrics, options }: Context): Promise<number | undefined> {
  if (options.skip.includes('service')) return undefined
  const exposition = await metrics('management')
  return exposition && valuesOf(exposition, 'process_start_time_seconds')[0]
}

// Of services of this kind only, for other programs may have been started in the same second.
const startTimes = 'process_start_time_seconds and on (job, instance) metrics_series'

/** The target that is this service, whatever its address is there: the process that was started when this one was. */
async function find (targets: Target[], started: number, { askJson }: Context): Promise<Target | undefined> {
  const { data: { result } } = await askJson<Vector>(
    'prometheus',
    `/api/v1/query?${new URLSearchParams({ query: startTimes })}`
  )
  const series = result.find(({ value: [, value] }) => Number(value) === started)
  return series &&
    targets.find(({ labels }) => labels.job === series.metric['job'] && labels.instance === series.metric['instance'])
}

/** Whether a target is likely meant to be the service. */
function isLikely ({ options: { management } }: Context): (target: Target) => boolean {
  return ({ scrapeUrl }) => new URL(scrapeUrl).host === management.host || new URL(scrapeUrl).pathname === '/metrics/'
}

/** Why none of the targets is this service. */
function blame (targets: Target[], context: Context): Result {
  const down = targets.filter(({ health }) => health === 'down')
  const suspect = down.find(isLikely(context)) ?? down[0]
  return suspect === undefined ? stranger(targets, context) : judge(suspect)
}

async function read ({ askJson }: Context): Promise<Target[]> {
  return (await askJson<{ data: { activeTargets: Target[] } }>(
    'prometheus',
    '/api/v1/targets?state=active'
  )).data.activeTargets
}

function judge ({ labels: { job, instance }, scrapeUrl, health, lastError, lastScrape }: Target): Result {
  const name = `${instance} (job ${job})`
  if (health !== 'down') {
    return pass(
      `${name} is ${health}, scraped ${Math.max(0, Math.round((Date.now() - Date.parse(lastScrape)) / 1000))} s ago`
    )
  }
  return fail(
    `${name} is down: ${lastError}`,
    reason(lastError, scrapeUrl),
    `docker compose exec prometheus wget -qO- ${scrapeUrl} | head`,
    'docker compose ps app',
    'correct targets and metrics_path in ops/prometheus/prometheus.yml, then: ' +
    'docker compose exec prometheus kill -HUP 1'
  )
}

function reason (error: string, url: string): string {
  const { host, pathname } = new URL(url)
  if (/connection refused/.test(error)) {
    return `From where Prometheus is, nothing listens at ${host}. ` +
      'In Docker that is app:9464; localhost is the container of Prometheus itself.'
  }
  if (/no such host|lookup/.test(error)) {
    return `From where Prometheus is, there is no host ${host}. ` +
      'In Docker it is the name of the service in docker-compose.yml: app.'
  }
  if (/deadline exceeded|timeout/.test(error)) {
    return `${host} did not answer within scrape_timeout: it is busy, or packets to it are lost.`
  }
  if (/status 40[13]/.test(error)) {
    return `${url} asks for a login that the job does not have: basic_auth or authorization.`
  }
  if (/status 404/.test(error)) return `${host} serves no ${pathname}: metrics_path must be /metrics/.`
  return `${url} answers, but not as Prometheus needs it.`
}

/** What can be said where Prometheus looks for targets in Kubernetes and sees none. */
async function blind (context: Context): Promise<Result | undefined> {
  const [job] = await readBlindJobs(context)
  if (job === undefined) return undefined
  const [namespace] = job.namespaces
  const where = namespace === undefined ? 'in Kubernetes' : `in the namespace ${job.namespaces.join(', ')}`
  return fail(
    `none: job ${job.name} finds nothing ${where}`,
    'Prometheus may not look there, or no Service there is what it looks for: ' +
    'its ServiceAccount needs to get, list and watch services, endpoints, endpointslices and pods.',
    `kubectl auth can-i list endpointslices.discovery.k8s.io --namespace ${namespace ?? 'vitals'} ` +
    '--as system:serviceaccount:monitoring:prometheus-k8s',
    'kubectl logs --namespace monitoring prometheus-k8s-0 | grep forbidden',
    'if it may not: give it the Role of ops/README.md, "On Kubernetes"'
  )
}

function stranger (targets: Target[], { options: { service, management } }: Context): Result {
  const seen = targets.map(({ scrapeUrl }) => scrapeUrl)
  const none = targets.length === 0
  const says = none ? 'none: nothing is scraped' : `none of ${count(targets.length, 'target')} is this service`
  const why = none
    ? 'No job of prometheus.yml has a target.'
    : `Prometheus scrapes ${seen.join(', ')}, and what answers there was not started when ${service.origin} was.`
  return fail(
    says,
    why,
    'add the service to scrape_configs in ops/prometheus/prometheus.yml, with metrics_path: /metrics/ ' +
    `and its address as Prometheus reaches it (here ${management.host})`,
    'then: docker compose exec prometheus kill -HUP 1',
    'on Kubernetes: the labels and the namespace of the ServiceMonitor have to be those that the Prometheus selects, ' +
    'see ops/README.md'
  )
}
