import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startExporters } from '../fixtures/exporters.js'
import { readDashboards, substitute } from '../fixtures/dashboards.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { readRules, startPrometheus, type Series } from '../fixtures/prometheus.js'
import { metricsOf } from '../fixtures/promql.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { startShop } from '../fixtures/shop.js'
import { startTraffic } from '../fixtures/traffic.js'
import { until } from '../fixtures/until.js'

const job = 'fastify-vitals'
/** Metrics that are there only where remote_write, or blackbox_exporter, is. */
const elsewhere = /^(prometheus_remote_storage_.+|probe_ssl_.+)$/
const dashboards = await readDashboards()
const rules = Object.values(await readRules()).flat().flatMap(({ rules }) => rules)

t.test('with Prometheus scraping services under traffic, some of it faults', async t => {
  if (!havePrograms(
    t,
    'prometheus',
    'prometheus-alertmanager',
    'prometheus-postgres-exporter',
    'prometheus-node-exporter'
  )) return
  const database = await startPostgres(t)
  const service = await startService(t, { DATABASE_URL: database.url, HEALTH_KEEP_MS: '1' })
  const shop = await startShop(t, database.url)
  const quiet = await startService(t, { DATABASE_URL: (await startPostgres(t)).url })
  const instances = [service.origin, shop, quiet.origin].map(origin => new URL(origin).host)
  const exporters = await startExporters(t, database.url)
  const prometheus = await startPrometheus(
    t,
    {
      [job]: instances,
      alertmanager: [await startAlertmanager(t, service.origin)],
      postgres: [exporters.postgres],
      node: [exporters.node]
    },
    [{ alert: 'Always', expr: 'vector(1)', labels: { severity: 'info' } }]
  )
  startTraffic(t, service.origin, shop)
  startUse(t, quiet.origin)

  await until('metrics of all', async () => (await prometheus.instant('up == 1')).length === 7, 30)
  await sleep(5000)
  await database.stop()
  await sleep(4000)
  await database.start()

  const variables = {
    namespace: '.*',
    job,
    instance: `(${instances.map(escape).join('|')})`,
    __rate_interval: '10s',
    __range: '60s'
  }

  t.test('every metric that a rule, a panel or an annotation names exists', async t => {
    const panels = dashboards.flatMap(({ title, panels }) => panels.flatMap(panel => (panel.targets ??
      []).map(({ expr }) => [`${title}: ${panel.title}`, expr] as const)))
    const annotations = dashboards.flatMap(({ title, annotations }) => annotations.list.map(({ name, expr }) => [
      `${title}: ${name}`,
      expr
    ] as const))
    const queries = [
      ...rules.map(({ alert, record, expr }) => [alert ?? record ?? '', expr] as const),
      ...panels,
      ...annotations
    ]
    t.ok(rules.length > 0 && panels.length > 0)
    const read = queries.map(([what, query]) => ({ what, metrics: metricsOf(substitute(query, variables)) }))
    let names = new Set<string>()
    const missing = (metrics: string[]) => metrics.filter(name => !names.has(name) && !elsewhere.test(name))
    await until('all of them', async () => {
      names = new Set(await prometheus.labelValues('__name__'))
      return read.every(({ metrics }) => missing(metrics).length === 0)
    }, 30).catch(() => {})
    for (const { what, metrics } of read) t.strictSame(missing(metrics), [], what)
  })

  t.test('every rule is evaluated without an error', async t => {
    t.strictSame(await prometheus.failedRules(), [])
  })

  /** Asks what panels ask until each has data, by these variables; what needs none is let be. */
  async function assertData (t: Test, chosen: typeof variables, isData: (series: Series) => boolean, gaps?: RegExp) {
    const panels = dashboards.flatMap(({ title, panels }) => panels.map(panel => ({ dashboard: title, ...panel })))
    const answers = panels.filter(({ description = '' }) => !gaps?.test(description))
      .flatMap(({ dashboard, title, targets = [] }) => targets.map(({ refId, expr, instant = false }) => {
        const query = substitute(expr, chosen)
        const ask = async () =>
          (instant ? await prometheus.instant(query) : await prometheus.range(query, 120)).filter(isData).length
        return { what: `${dashboard}: ${title}: ${refId}`, query, ask, series: 0 }
      }))
    await until('data in all of them', async () => {
      for (const answer of answers) if (answer.series === 0) answer.series = await answer.ask()
      return answers.every(({ series }) => series > 0)
    }, 60).catch(() => {})
    for (const { what, query, series } of answers) t.ok(series > 0, `${what}: ${series} series`, { query })
  }

  t.test('every panel has data, of its own', async t => {
    await assertData(t, variables, series => hasNumbers(series) && !isNone(series))
  })

  t.test('of a service where nothing goes wrong every panel has numbers, too, but those that tell of gaps', async t => {
    const instance = escape(new URL(quiet.origin).host)
    await assertData(t, { ...variables, instance }, hasNumbers, /\bGaps are\b/)
  })

  t.test('every annotation has data, and every variable values', async t => {
    for (const { title, annotations, templating } of dashboards) {
      for (const { name, expr } of annotations.list) {
        const query = substitute(expr, variables)
        t.ok((await prometheus.instant(query)).length > 0, `${title}: ${name}`)
      }
      for (const { name, query } of templating.list) {
        if (typeof query === 'string') continue
        const asked = substitute(query.query, variables)
        const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(asked) ?? []
        const expected: Record<string, string[]> = {
          namespace: [],
          job: [job],
          instance: [...instances].sort(),
          runbook: ['http://localhost:8000/runbook']
        }
        t.same(await prometheus.labelValues(label, selector), expected[name], `${title}: ${name}`)
      }
    }
  })
})

const hasNumbers = ({ values }: Series) => values.some(Number.isFinite)
/** Whether a series stands for what never happened. */
const isNone = ({ metric }: Series) => Object.values(metric).includes('none')

/** Asks a service what people and probes do, until the test ends. */
function startUse (t: Test, service: string): void {
  const stopped = new AbortController()
  // fetch() lets go of a signal only when garbage is collected.
  setMaxListeners(0, stopped.signal)
  const going = (async () => {
    while (!stopped.signal.aborted) {
      for (const path of ['/api/alerts', '/health/ready/', '/health/']) {
        await (await fetch(service + path, { signal: stopped.signal })).text()
      }
      await sleep(200)
    }
  })().catch(error => { if (!stopped.signal.aborted) t.fail('the use ended', { cause: error }) })
  t.teardown(async () => {
    stopped.abort()
    await going
  })
}

// As Grafana does with a variable of which several values are chosen.
function escape (value: string): string {
  return value.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&')
}

async function startAlertmanager (t: Test, journal: string): Promise<string> {
  const directory = await temporaryDirectory(t)
  const address = `127.0.0.1:${await freePort()}`
  const config = {
    route: { receiver: 'journal', group_wait: '0s', group_interval: '1s', repeat_interval: '5s' },
    receivers: [{ name: 'journal', webhook_configs: [{ url: `${journal}/api/alerts` }] }]
  }
  await writeFile(join(directory, 'alertmanager.yml'), JSON.stringify(config))
  startProgram(
    t,
    'prometheus-alertmanager',
    [
      `--config.file=${directory}/alertmanager.yml`,
      `--storage.path=${directory}/data`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address='
    ]
  )
  return address
}
