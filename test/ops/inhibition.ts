import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { root } from '../fixtures/guide.js'
import { listening } from '../fixtures/listening.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { startAlertmanager, startJournalAlertmanager } from '../fixtures/stack.js'
import { until } from '../fixtures/until.js'

type Labels = Record<string, string>
interface Held { labels: Labels, status: { inhibitedBy: string[] } }

const instance = { namespace: 'prod', job: 'fastify-vitals', instance: 'app:8000' }
const check = (name: string, severity = 'critical') => ({
  alertname: 'HealthCheckFailing',
  check: name,
  severity,
  ...instance
})
const of = (alertname: string, severity: string, more: Labels = {}) => ({ alertname, severity, ...instance, ...more })
const database = [
  of('ReadinessFailing', 'critical'),
  of('HighErrorRate', 'critical'),
  of('DatabaseErrors', 'warning', { class: 'driver' }),
  of('DatabaseConnectionFailures', 'warning', { code: 'ECONNREFUSED' }),
  of('QueriesWaiting', 'warning'),
  of('HighResponseTime', 'warning')
]

const cases: Array<{ title: string, firing: Labels[], told: Labels[] }> = [
  {
    title: 'a database that is away is told of once',
    firing: [check('database'), check('migrations'), check('tables'), ...database],
    told: [check('database')]
  },
  {
    title: 'migrations that are pending are told of once',
    firing: [
      check('migrations'),
      of('MigrationsPending', 'warning'),
      of('ReadinessFailing', 'critical'),
      of('HighErrorRate', 'critical')
    ],
    told: [check('migrations'), of('HighErrorRate', 'critical')]
  },
  {
    title: 'a check of another kind inhibits nothing, and is not inhibited',
    firing: [check('database'), check('cache', 'warning')],
    told: [check('database'), check('cache', 'warning')]
  },
  {
    title: 'nor does an alert of another instance',
    firing: [{ ...check('database'), instance: 'app-2:8000' }, ...database],
    told: [{ ...check('database'), instance: 'app-2:8000' }, ...database]
  },
  {
    title: 'nor does one of another namespace',
    firing: [{ ...check('database'), namespace: 'staging' }, ...database],
    told: [{ ...check('database'), namespace: 'staging' }, ...database]
  },
  {
    title: 'a pool that is saturated is told of, and not that its queries wait',
    firing: [
      of('PoolSaturated', 'warning', { pool: 'reports' }),
      of('QueriesWaiting', 'warning', { pool: 'reports' }),
      of('QueriesWaiting', 'warning', { pool: 'main' })
    ],
    told: [of('PoolSaturated', 'warning', { pool: 'reports' }), of('QueriesWaiting', 'warning', { pool: 'main' })]
  },
  {
    title: 'a database without room is told of once',
    firing: [
      of('DatabaseOutOfResources', 'critical', { class: '53' }),
      of('DatabaseErrors', 'warning', { class: '53' }),
      of('DatabaseConnectionFailures', 'warning', { code: '53300' })
    ],
    told: [of('DatabaseOutOfResources', 'critical', { class: '53' })]
  },
  {
    title: 'memory near its limit is told of, and not that it grows',
    firing: [of('MemoryNearLimit', 'critical'), of('MemoryGrowing', 'warning')],
    told: [of('MemoryNearLimit', 'critical')]
  },
  {
    title: 'an event loop that is blocked is told of, and not that it is late',
    firing: [of('EventLoopBlocked', 'critical'), of('EventLoopLate', 'warning'), of('HighErrorRate', 'critical')],
    told: [of('EventLoopBlocked', 'critical'), of('HighErrorRate', 'critical')]
  },
  {
    title: 'an instance that is down has nothing more to say',
    firing: [of('TargetDown', 'critical'), check('database'), ...database],
    told: [of('TargetDown', 'critical')]
  },
  {
    title: 'a page stands for its ticket, of the same objective',
    firing: [
      of('ErrorBudgetBurn', 'critical', { slo: 'latency' }),
      of('ErrorBudgetBurn', 'warning', { slo: 'latency' }),
      of('ErrorBudgetBurn', 'warning', { slo: 'availability' })
    ],
    told: [
      of('ErrorBudgetBurn', 'critical', { slo: 'latency' }),
      of('ErrorBudgetBurn', 'warning', { slo: 'availability' })
    ]
  }
]

for (const { title, firing, told } of cases) {
  t.test(`Alertmanager: ${title}`, async t => {
    if (!havePrograms(t, 'prometheus-alertmanager')) return
    const directory = await temporaryDirectory(t)
    const address = `127.0.0.1:${await freePort()}`
    const { inhibit_rules: rules } = parse(
      await readFile(join(root, 'ops', 'alertmanager', 'alertmanager.yml'), 'utf8')
    )
    await writeFile(
      join(directory, 'alertmanager.yml'),
      stringify({ route: { receiver: 'none', group_wait: '0s' }, receivers: [{ name: 'none' }], inhibit_rules: rules })
    )
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
    await until(
      'Alertmanager',
      async () => await fetch(`http://${address}/-/ready`).then(({ ok }) => ok, () => false),
      30
    )

    const posted = await fetch(`http://${address}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(firing.map(labels => ({ labels })))
    })
    t.ok(posted.ok)
    const held = async () => await (await fetch(`http://${address}/api/v2/alerts`)).json() as Held[]
    const uninhibited = (alerts: Held[]) =>
      alerts.filter(({ status }) => status.inhibitedBy.length === 0).map(({ labels }) => text(labels)).sort()
    const wanted = told.map(text).sort()
    await until('each alert to be looked at', async () => {
      const alerts = await held()
      return alerts.length === firing.length && JSON.stringify(uninhibited(alerts)) === JSON.stringify(wanted)
    }, 10).catch(() => {})
    const alerts = await held()
    t.equal(alerts.length, firing.length)
    t.strictSame(uninhibited(alerts), wanted)
  })
}

function text (labels: Labels): string {
  return Object.keys(labels).sort().map(name => `${name}=${labels[name]}`).join(' ')
}

t.test('the journal gets what is inhibited, from an Alertmanager of its own', async t => {
  if (!havePrograms(t, 'prometheus-alertmanager')) return
  const heard = new Map<string, Set<string>>([['/journal/api/alerts', new Set()], ['/pager', new Set()]])
  const hooks = await listening(t, createServer((request, response) => {
    json(request).then(body => {
      for (const { labels } of (body as {
        alerts: Array<{ labels: Labels }>
      }).alerts) heard.get(request.url ?? '')?.add(text(labels))
      response.end()
    }, error => { t.fail(error) })
  }))
  const quick = { group_wait: '1s', group_interval: '1s', repeat_interval: '1s' }
  const people = await startAlertmanager(
    t,
    'alertmanager.yml',
    quick,
    {
      pager: { webhook_configs: [{ url: `${hooks}/pager` }] },
      tickets: { webhook_configs: [{ url: `${hooks}/pager` }] }
    }
  )
  const journal = await startJournalAlertmanager(t, `${hooks}/journal`)
  const firing = [check('database'), check('migrations'), ...database]
  const post = async () => {
    for (const origin of [people, journal]) {
      await fetch(`${origin}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(firing.map(labels => ({ labels })))
      })
    }
  }
  await post()
  await until(
    'all in the journal, and people to be told',
    () => heard.get('/journal/api/alerts')?.size === firing.length && heard.get('/pager')?.size === 1,
    30
  ).catch(() => {})
  t.strictSame([...heard.get('/journal/api/alerts') ?? []].sort(), firing.map(text).sort())
  t.strictSame([...heard.get('/pager') ?? []], [text(check('database'))])
})

t.test('each alert goes to both: Prometheus knows both, and neither repeats the other', async t => {
  const read = async (...path: string[]) => parse(await readFile(join(root, ...path), 'utf8'), { merge: true })
  const { alerting, scrape_configs: jobs } = await read('ops', 'prometheus', 'prometheus.yml')
  const { services } = await read('docker-compose.yml')
  const targets = alerting.alertmanagers.flatMap(({ static_configs: configs }: {
    static_configs: Array<{ targets: string[] }>
  }) => configs.flatMap(({ targets }) => targets)) as string[]
  t.strictSame(
    targets.map(target => services[target.split(':')[0] as string].command[0]),
    ['--config.file=/etc/alertmanager/alertmanager.yml', '--config.file=/etc/alertmanager/journal.yml']
  )
  t.strictSame(
    jobs.find(({ job_name: name }: { job_name: string }) => name === 'alertmanager').static_configs[0].targets,
    targets
  )
  const [people, journal] = [
    await read('ops', 'alertmanager', 'alertmanager.yml'),
    await read('ops', 'alertmanager', 'journal.yml')
  ]
  t.notOk('inhibit_rules' in journal || JSON.stringify(people.receivers).includes('/api/alerts'))
})
