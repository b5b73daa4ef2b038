import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { payload } from '../fixtures/alertmanager.js'
import { histogramsOf, parse, type ParsedFamily } from '../fixtures/exposition.js'
import { alerts, names, queries } from '../fixtures/guide-promises.js'
import { connect } from '../fixtures/http.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

interface Answer {
  status: string
  data: { result: Array<{ value: [number, string] }> }
}

t.test('on a service with traffic and failures, served under three namings', async t => {
  const { url, stop: stopDatabase } = await startPostgres(t)
  const service = await startService(t, {
    DATABASE_URL: url,
    METRICS_NAMES: 'fastify,django,otel',
    HEALTH_KEEP_MS: '1'
  })
  const { host, port } = new URL(service.origin)

  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(service.origin + path, init)
    await response.text()
    return response.status
  }
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload()) }
  const traffic = async () =>
    [
      await get('/api/alerts'),
      await get('/api/alerts?limit=5'),
      await get('/api/alerts', post),
      await get('/health/'),
      await get('/nowhere')
    ]

  t.strictSame(await traffic(), [200, 200, 200, 200, 404])
  const leaver = await connect(t, Number(port))
  leaver.socket.write(
    'POST /api/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n' +
    'Expect: 100-continue\r\n\r\n{'
  )
  t.strictSame(await leaver.statuses(1), [100], 'it has arrived')
  await leaver.leave()

  const read = async () => parse((await (await fetch(`${service.origin}/metrics/`)).text()).replace(/\n{2,}/g, '\n'))

  t.test('the namings agree to the digit', async t => {
    await until(
      'the request that was left to be counted',
      async () => numbers(await read(), 'http_requests_aborted_total').length === 1
    )
    const families = await read()
    const [requests, aborted] = [
      total(families, 'http_request_duration_seconds').count,
      sum(numbers(families, 'http_requests_aborted_total'))
    ]
    t.ok(requests >= 6)
    t.equal(aborted, 1)
    t.equal(total(families, 'http_server_request_duration_seconds').count, requests + aborted)
    for (const name of [
      'by_method_total',
      'by_transport_total',
      'by_view_transport_method_total'
    ]) t.equal(sum(numbers(families, `django_http_requests_total_${name}`)), requests + aborted, name)
    for (const name of [
      'by_status_total',
      'by_status_view_method_total'
    ]) t.equal(sum(numbers(families, `django_http_responses_total_${name}`)), requests, name)
    t.strictSame(
      total(families, 'django_http_requests_latency_seconds'),
      total(families, 'http_request_duration_seconds')
    )
    t.equal(total(families, 'django_http_requests_latency_seconds_by_view_method').count, requests)
    t.strictSame(
      total(families, 'django_http_requests_latency_including_middlewares_seconds'),
      total(families, 'http_server_request_duration_seconds')
    )
    t.equal(
      sum(numbers(families, 'http_requests_started_total')),
      requests + aborted + sum(numbers(families, 'http_requests_in_flight'))
    )
    t.strictSame(numbers(families, 'http_requests_in_flight'), numbers(families, 'http_server_active_requests'))

    const executed = total(families, 'db_query_duration_seconds')
    t.ok(executed.count >= 3)
    for (const name of [
      'db_client_operation_duration_seconds',
      'django_db_query_duration_seconds',
      'django_db_execute_time_seconds'
    ]) t.strictSame(total(families, name), executed, name)
    t.equal(sum(numbers(families, 'django_db_execute_total')), executed.count)
    const opened = sum(numbers(
      families,
      'db_connections_opened_total'
    )) + sum(numbers(families, 'db_connection_errors_total'))
    t.equal(sum(numbers(families, 'django_db_new_connections_total')), opened)
    t.strictSame(
      total(families, 'db_client_connection_create_time_seconds'),
      total(families, 'db_connection_create_seconds')
    )
    for (const suffix of ['request', 'response']) {
      t.strictSame(
        total(families, `http_server_${suffix}_body_size_bytes`),
        total(families, `http_${suffix}_body_bytes`)
      )
      t.strictSame(
        total(families, `django_http_${suffix}s_body_total_bytes`),
        total(families, `http_${suffix}_body_bytes`)
      )
    }
    for (const name of names) t.ok(families.has(name), name)
  })

  t.test('every query of a guide to django-prometheus returns data from Prometheus', async t => {
    if (!havePrograms(t, 'prometheus')) return
    const directory = await temporaryDirectory(t)
    const prometheus = `127.0.0.1:${await freePort()}`
    await writeFile(join(directory, 'prometheus.yml'), `
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: service, metrics_path: /metrics/, static_configs: [{ targets: ['${host}'] }] }
`)
    startProgram(
      t,
      'prometheus',
      [
        `--config.file=${directory}/prometheus.yml`,
        `--storage.tsdb.path=${directory}/prometheus`,
        `--web.listen-address=${prometheus}`
      ]
    )
    const ask = async (query: string) =>
      await fetch(`http://${prometheus}/api/v1/query?${new URLSearchParams({ query })}`).then(
        async response => response.ok ? await response.json() as Answer : undefined,
        () => undefined
      )
    const hasData = async (query: string) => {
      const answer = await ask(query)
      return answer?.status === 'success' &&
        answer.data.result.some(({ value: [, value] }) => Number.isFinite(Number(value)))
    }

    await stopDatabase()
    t.strictSame(await traffic(), [503, 503, 503, 503, 404])
    for (const query of queries) {
      await until(`data of ${query}`, async () => await hasData(query) || (await traffic()).length === 0, 30)
      t.pass(query)
    }
    for (const expression of alerts) {
      const [left] = expression.split(' > ') as [string]
      t.ok(await hasData(left), left)
      t.match(await ask(expression), { status: 'success' }, expression)
    }
    for (const name of names) t.ok(await hasData(`{__name__=~"${name}(_count)?"}`), name)
    await until(
      'failures to raise the alert of the error rate',
      async () => await hasData(alerts[0] as string) || (await traffic()).length === 0,
      30
    )
  })
})

function numbers (families: Map<string, ParsedFamily>, name: string): number[] {
  return families.get(name)?.samples.map(({ value }) => value) ?? []
}

function sum (values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** The count and sum of all series of a histogram. */
function total (families: Map<string, ParsedFamily>, name: string): { count: number, sum: number } {
  const series = Object.values(histogramsOf(families.get(name)))
  return { count: sum(series.map(({ count }) => count)), sum: sum(series.map(({ sum }) => sum)) }
}
