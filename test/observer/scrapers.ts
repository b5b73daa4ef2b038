import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { startObserved } from '../fixtures/observed.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const names = ['fastify', 'django', 'otel']

interface Scraper {
  program: string
  args: (address: string, directory: string) => string[]
  /** What each job adds, by its name. */
  jobs: Record<string, object>
}

async function check (t: Test, { program, args, jobs }: Scraper) {
  const { main, management, scrape } = await startObserved(t, { names })
  for (const path of ['work', 'nowhere', 'health/ready']) await (await fetch(`${main}/${path}`)).text()
  await until('what is there to be told', async () => (await scrape(management)).has('orders_total'))
  const directory = await temporaryDirectory(t)
  const address = `127.0.0.1:${await freePort()}`
  const common = {
    scrape_interval: '1s',
    scrape_timeout: '1s',
    static_configs: [{ targets: [new URL(management).host] }]
  }
  const configs = Object.entries(jobs).map(([name, job]) => ({ job_name: name, ...common, ...job }))
  await writeFile(join(directory, 'scrape.yml'), stringify({ scrape_configs: configs }))
  const child = startProgram(t, program, args(address, directory))
  let logged = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { logged += text })

  const value = async (query: string) => {
    const response = await fetch(
      `http://${address}/api/v1/query?${new URLSearchParams({ query })}`
    ).catch(() => undefined)
    const { data } = await response?.json().catch(() => ({})) as {
      data?: { result: Array<{ value: [number, string] }> }
    } ??
      {}
    return Number(data?.result[0]?.value[1])
  }

  for (const job of Object.keys(jobs)) {
    const of = (name: string) => `${name}{job="${job}"}`
    await until(`three scrapes of ${job}`, async () => await value(`count_over_time(${of('up')}[1m])`) >= 3, 60)
    t.equal(await value(`min_over_time(${of('up')}[1m])`), 1, `${job} is up`)
    const samples = [...(await scrape(management)).values()].reduce((sum, family) => sum + family.samples.length, 0)
    t.equal(await value(of('scrape_samples_scraped')), samples, `${job}: all samples are taken`)
    t.equal(await value(`http_request_duration_seconds_count{job="${job}",route="/work"}`), 1)
    t.equal(await value(of('orders_total')), 1)
    t.ok(await value(of('django_http_requests_before_middlewares_total')) > 0)
  }
  t.strictSame(
    logged.split('\n').filter(line => /level=(warn|error)|\t(warn|error|fatal)\t/i.test(line)),
    [],
    'without a warning'
  )
}

t.test('Prometheus takes each format without a warning', async t => {
  if (!havePrograms(t, 'prometheus')) return
  const isThree = /version 3\./.test(execFileSync(
    'prometheus',
    ['--version'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
  ))
  const only = (protocol: string) => ({ scrape_protocols: [protocol] })
  const formats = { text: only('PrometheusText0.0.4'), openmetrics: only('OpenMetricsText1.0.0') }
  await check(t, {
    program: 'prometheus',
    args: (address, directory) => [
      `--config.file=${directory}/scrape.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`
    ],
    jobs: { default: {}, ...isThree && formats }
  })
})

t.test('VictoriaMetrics takes the metrics without a warning', async t => {
  if (!havePrograms(t, 'victoria-metrics')) return
  await check(t, {
    program: 'victoria-metrics',
    args: (address, directory) => [
      `-promscrape.config=${directory}/scrape.yml`,
      `-storageDataPath=${directory}/data`,
      `-httpListenAddr=${address}`,
      '-search.latencyOffset=0s'
    ],
    jobs: { default: {} }
  })
})
