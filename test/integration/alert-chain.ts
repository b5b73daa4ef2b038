import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const token = 'a-token'

t.test('an alert travels from the service through Prometheus and Alertmanager into its journal', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const { url, stop: stopDatabase, start: startDatabase } = await startPostgres(t)
  const service = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: token })
  const { host } = new URL(service.origin)
  const directory = await temporaryDirectory(t)
  const write = async (name: string, text: string) => { await writeFile(join(directory, name), text) }
  const [prometheus, alertmanager] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]

  await write('alertmanager.yml', `
route: { receiver: journal, group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: journal
    webhook_configs:
      - url: ${service.origin}/api/alerts
        http_config: { authorization: { credentials: ${token} } }
`)
  const rule = `
groups:
  - name: test
    interval: 1s
    rules:
      - alert: Scraped
        expr: 'up{job="service"} == 1'
        labels: { severity: info }
        annotations: { summary: "It is up" }
`
  await write('rules.yml', rule)
  await write('prometheus.yml', `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - { job_name: service, metrics_path: /metrics/, static_configs: [{ targets: ['${host}'] }] }
alerting: { alertmanagers: [{ static_configs: [{ targets: ['${alertmanager}'] }] }] }
`)
  await stopDatabase()
  startProgram(
    t,
    'prometheus-alertmanager',
    [
      `--config.file=${directory}/alertmanager.yml`,
      `--storage.path=${directory}/alertmanager`,
      `--web.listen-address=${alertmanager}`,
      '--cluster.listen-address='
    ]
  )
  startProgram(
    t,
    'prometheus',
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/prometheus`,
      `--web.listen-address=${prometheus}`,
      '--web.enable-lifecycle',
      '--rules.alert.resend-delay=1s'
    ]
  )

  await until('Alertmanager to fail while the database is away', async () => {
    const metrics = await fetch(`http://${alertmanager}/metrics`).then(
      async response => await response.text(),
      () => ''
    )
    return /^alertmanager_notification_requests_failed_total\{integration="webhook"\} [1-9]/m.test(metrics)
  }, 30)
  await startDatabase()

  const journal = async (query: string) =>
    ((await (await fetch(`${service.origin}/api/alerts?${query}`)).json()) as {
      alerts: Array<Record<string, unknown>>
    }).alerts
  await until(
    'the alert to be firing in the journal',
    async () => (await journal('status=firing&name=Scraped')).length === 1,
    30
  )
  const [firing] = await journal('name=Scraped')
  t.match(firing, {
    status: 'firing',
    name: 'Scraped',
    severity: 'info',
    endsAt: null,
    labels: { job: 'service', instance: host },
    annotations: { summary: 'It is up' }
  })

  await write('rules.yml', 'groups: []')
  t.equal((await fetch(`http://${prometheus}/-/reload`, { method: 'POST' })).status, 200)
  await until(
    'the alert to be resolved in the journal',
    async () => (await journal('status=resolved&name=Scraped')).length === 1,
    40
  )
  const [resolved] = await journal('name=Scraped')
  t.match(resolved, { id: firing?.['id'], startsAt: firing?.['startsAt'], endsAt: String })

  t.match(
    await (await fetch(`http://${prometheus}/api/v1/targets`)).json(),
    { data: { activeTargets: [{ health: 'up', lastError: '' }] } }
  )
})
