import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { mountsOf, readCompose, readServices } from '../fixtures/compose.js'
import { commandsOf, queriesOf, readGuides, root } from '../fixtures/guide.js'
import { havePrograms } from '../fixtures/programs.js'
import { startShop } from '../fixtures/shop.js'
import { copyOfOps, startStack } from '../fixtures/stack.js'
import { startTraffic } from '../fixtures/traffic.js'
import { until } from '../fixtures/until.js'

const guides = await readGuides()
const each = <T>(read: (guide: typeof guides[number]) => T[]) => [...new Set(guides.flatMap(read))]

/** What this test does not run, and why. test/ops/guide.ts checks that what it asks of Compose is there. */
const notRun: Record<string, string[]> = {
  'the tests have no Docker': [
    'docker compose up -d',
    'docker compose ps',
    'docker compose --profile load run --rm load',
    'docker compose down',
    'docker compose down -v',
    'docker compose exec prometheus kill -HUP 1',
    'docker compose up -d --force-recreate alertmanager',
    'docker compose restart grafana',
    'docker compose ps app',
    'docker compose logs --tail 50 app',
    'docker compose logs --tail 50 prometheus',
    'docker compose ps prometheus',
    'docker compose logs --tail 50 grafana',
    'docker compose logs --tail 50 alertmanager-journal'
  ],
  'it would install and build beneath the tests; they run what it builds': [
    'npm ci',
    'METRICS_NAMES=fastify,django npm start'
  ],
  'it would write into the project; test/ops/dashboards.ts compares what it writes': ['npm run dashboards']
}

t.test('on a stack as the guide has it started', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager', 'promtool', 'amtool')) return
  const { database, prometheus, service, alertmanager, journalAlertmanager, grafana } = await startStack(t)
  const places = {
    'localhost:8000': new URL(service).host,
    'app:8000': new URL(service).host,
    'app:9464': new URL(service).host,
    'localhost:9090': new URL(prometheus.origin).host,
    'localhost:9093': new URL(alertmanager).host,
    'localhost:9095': new URL(journalAlertmanager).host,
    'localhost:3000': new URL(grafana).host
  }
  const here = (text: string) =>
    Object.entries(places).reduce((text, [there, here]) => text.replaceAll(there, here), text)

  t.test('under traffic, for a while without its database', async t => {
    startTraffic(t, service, await startShop(t, database.url))
    const examples = guides.flatMap(({ file, blocks }) => blocks.filter(({ language }) => language === 'json')
      .map(({ text, url }) => ({
        what: `${file}: ${url}`,
        url,
        told: shape(JSON.parse(text), url),
        answered: [] as string[]
      })))
    const ask = async () => {
      for (const { url, answered } of examples) answered.push(shape(await (await fetch(here(url))).json(), url))
    }
    await until(
      'an alert in the journal',
      async () => await fetch(
        `${service}/api/alerts?name=Always`
      ).then(async response => (await response.text()).includes('Always')),
      30
    )
    await ask()
    await database.stop()
    for (let round = 0; round < 8; round++) {
      await sleep(500)
      await ask()
    }
    await database.start()
    const areWell = async () =>
      (await Promise.all([
        'health',
        'health/ready'
      ].map(async path => await fetch(`${service}/${path}/`)))).every(({ ok }) => ok)
    await until('the service to be well again', areWell, 30)
    // What is asked of much is kept for a while.
    await until('each example', async () => {
      await ask()
      return examples.every(({ told, answered }) => answered.includes(told))
    }, 30).catch(() => {})

    t.test('the service answers as its examples show', async t => {
      t.ok(examples.length >= 12)
      for (const { what, told, answered } of examples) {
        t.ok(answered.includes(told), what, { told, answered: [...new Set(answered)] })
      }
    })

    t.test('every query returns data from Prometheus', async t => {
      for (const query of each(queriesOf)) {
        const hasData = async () => (await prometheus.instant(query)).some(({ values }) => values.some(Number.isFinite))
        t.ok(await until(query, hasData, 30).then(() => true, () => false), query)
      }
    })

    t.test('every metric that is named is there', async t => {
      const there = new Set(await prometheus.labelValues('__name__'))
      const named = each(({ code }) => code).filter(
        code => /^(django|http|db|process|nodejs|health|metrics)_\w+$/.test(code)
      )
      t.ok(named.length > 15)
      for (const name of named) t.ok(there.has(name) || there.has(`${name}_bucket`), name)
    })

    t.test('every page that is named is there', async t => {
      // Where Debian's Prometheus has its pages.
      const classic = (url: string) => url.replace(/^(http:\/\/localhost:9090)(\/\w)/, '$1/classic$2')
      // Debian's Prometheus 3 is built without any.
      const hasPages = (await fetch(here(classic('http://localhost:9090/graph')))).ok ||
        (await fetch(here('http://localhost:9090/query'))).ok
      for (const url of each(({ urls }) => urls)) {
        if (url.startsWith('http://localhost:9090') &&
          !hasPages) t.pass(`${url}: not asked, for this Prometheus is built without pages`)
        else if (url.startsWith('http://localhost:3000')) {
          t.pass(`${url}: not asked, for Grafana is not installed here; test/ops/guide.ts looks for its dashboards`)
        } else t.ok((await fetch(here(url))).ok || (await fetch(here(classic(url)))).ok, url)
      }
    })
  })

  t.test('every command runs, but those that are told why not', async t => {
    const services = await readServices()
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    const cwd = await copyOfOps(t)
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      SERVICE_URL: service,
      LOAD_URL: service,
      PROMETHEUS_URL: prometheus.origin,
      ALERTMANAGER_URL: alertmanager,
      JOURNAL_ALERTMANAGER_URL: journalAlertmanager,
      GRAFANA_URL: grafana
    }
    const reasons = new Map(
      Object.entries(notRun).flatMap(([why, commands]) => commands.map(command => [command, why]))
    )

    /** The command as it is on this machine. */
    const translate = (command: string) => {
      const [, script = '', args = ''] = /^npm run (\S+)(?: --)?(.*)$/.exec(command) ?? []
      if (script !== '') {
        const [, main] = / exec node (\S+)$/.exec(scripts[script]) ?? []
        return `node ${join(root, main ?? `no-such-script/${script}`)}${args}`
      }
      if (!command.startsWith('docker compose exec ')) {
        return here(command.replace(/^curl /, 'curl --silent --show-error --fail '))
      }
      const { services: [name = ''], inside } = readCompose(command, services)
      const built = inside.replace(/^node dist\//, `node ${join(root, 'dist')}/`)
      return here(mountsOf(services[name] ?? {}).reduce(
        (text, [inside, outside]) => text.replaceAll(inside, join(cwd, outside)),
        built
      ))
    }

    for (const command of each(commandsOf)) {
      const why = reasons.get(command)
      if (why !== undefined) {
        t.pass(`${command}: not run, for ${why}`)
        continue
      }
      const { code, output } = await promisify(execFile)('sh', ['-ec', translate(command)], { cwd, env }).then(
        ({ stdout }) => ({ code: 0, output: stdout }),
        ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` })
      )
      t.equal(code, 0, command, { output })
      if (!/^cp | > /.test(command)) t.match(output, /\S/, `${command}: it says something`)
    }
    t.strictSame(
      [...reasons.keys()].filter(command => !each(commandsOf).includes(command)),
      [],
      'what is not run is in the guide'
    )
  })
})

/** What an answer is like: its fields, and of the probes the texts too. */
function shape (value: unknown, url: string): string {
  const of = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, 1).map(of)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, value]) => [key, of(value)]))
    }
    return typeof value === 'string' && url.includes('/health/') ? value : typeof value
  }
  return JSON.stringify(of(value))
}
