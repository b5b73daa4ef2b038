import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { listening } from '../fixtures/listening.js'
import { startPatient } from '../fixtures/patient.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'
import { quickRules } from '../fixtures/quick-rules.js'
import { startService } from '../fixtures/service.js'
import { startJournalAlertmanager } from '../fixtures/stack.js'
import { until } from '../fixtures/until.js'
import { startVictoriaMetrics } from '../fixtures/victoria-metrics.js'

interface Started { at: number, version: string }
interface Journal { alerts: Array<{ status: string, annotations: Record<string, string> }> }

/** Each second of the rules is half a minute: further apart than scrapes and evaluations, and four in 15 minutes. */
const apartMs = 5000

t.test('vmagent scrapes, vmalert evaluates the rules as shipped, and an alert comes into the journal', async t => {
  if (!havePrograms(t, 'victoria-metrics', 'vmagent', 'vmalert', 'prometheus-alertmanager')) return
  const { url } = await startPostgres(t)
  const [service, patient] = [await startService(t, { DATABASE_URL: url }), await startPatient(t, url)]

  const now = () => Date.now() / 1000
  const made: Record<string, Started> = {
    deployed: { at: now() - 1000, version: '1' },
    restarting: { at: now() - 1000, version: '1' }
  }
  const origin = await listening(t, createServer((request, response) => {
    const { at, version } = made[new URL(request.url ?? '', 'http://made').searchParams.get('name') ?? ''] as Started
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(
      `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${at}\n` +
      `# TYPE build_info gauge\nbuild_info{version="${version}"} 1\n`
    )
  }))

  const alertmanager = await startJournalAlertmanager(t, service.origin)
  const targets = [
    { targets: [patient.management], labels: { namespace: 'failing' } },
    { targets: [new URL(service.origin).host], labels: { namespace: 'well' } },
    ...Object.keys(made).map(name => ({
      targets: [new URL(origin).host],
      labels: { namespace: name, instance: name, __param_name: name }
    }))
  ]
  const metrics = await startVictoriaMetrics(t, { 'fastify-vitals': targets }, await quickRules(), alertmanager)
  await until(
    'all to be scraped',
    async () => (await metrics.instant('up{job="fastify-vitals"} == 1')).length === targets.length,
    30
  )
  await until(
    'an uptime of each',
    async () => (await metrics.instant('instance:process_uptime:seconds')).length >= targets.length,
    30
  )

  const stopped = new AbortController()
  t.teardown(() => { stopped.abort() })
  const failing = (async () => {
    while (!stopped.signal.aborted) {
      await Promise.all(['failing', 'good'].map(async path => {
        await (await fetch(`${patient.origin}/${path}`)).text()
      }))
      await sleep(200)
    }
  })()
  failing.catch(() => {})

  t.test('two deploys are no restarts, and four restarts are told of', async t => {
    await sleep(apartMs)
    for (const version of ['2', '3']) {
      made['deployed'] = { at: now(), version }
      made['restarting'] = { at: now(), version: '1' }
      await sleep(apartMs)
    }
    made['restarting'] = { at: now(), version: '1' }
    const restarts = async (name: string) =>
      (await metrics.instant(`instance:process_restarts:count15m{instance="${name}"}`))[0]?.values[0]
    await until('three restarts to be counted', async () => await restarts('restarting') === 3, 40).catch(() => {})
    t.strictSame([await restarts('restarting'), await restarts('deployed')], [3, 0])
    const firing = async (selector: string) =>
      (await metrics.instant(
        `count_over_time(ALERTS{alertname=~"ServiceRestart.+", alertstate="firing", ${selector}}[1m])`
      )).map(({ metric }) => `${metric['instance']} ${metric['alertname']}`)
    await until('the alert', async () => (await firing('alertname="ServiceRestarting"')).length > 0, 40).catch(() => {})
    t.strictSame(await firing('alertname="ServiceRestarting"'), ['restarting ServiceRestarting'])
    t.strictSame(await firing('instance="deployed"'), [])
  })

  t.test('an alert comes into the journal, with its texts', async t => {
    const read = async () =>
      (await (await fetch(`${service.origin}/api/alerts?name=HighErrorRate`)).json() as Journal).alerts
    await until('it to be there', async () => (await read()).length > 0, 60).catch(() => {})
    t.match(await read(), [{
      status: 'firing',
      annotations: {
        summary: /^127\.0\.0\.1:\d+ fails \d+(\.\d+)?% of requests$/,
        description: / in failing answered \d+(\.\d+)?% of the requests of the last 5 minutes with 5xx\.$/,
        runbook_url: 'http://localhost:8000/runbook#higherrorrate'
      }
    }])
    t.strictSame(await metrics.failedRules(), [])
  })
})
