import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { startNotified, type Notification } from '../fixtures/notifications.js'
import { startPatient } from '../fixtures/patient.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { startPrometheus } from '../fixtures/prometheus.js'
import { quickRules } from '../fixtures/quick-rules.js'
import { startService } from '../fixtures/service.js'
import { startAlertmanager, startJournalAlertmanager } from '../fixtures/stack.js'
import { until } from '../fixtures/until.js'

const ill = [
  'errors', 'latency', 'target-down', 'database-down', 'pool-saturated', 'loop-blocked', 'memory', 'journal-refusing'
] as const
type Ill = typeof ill[number]

interface Fault {
  /** What it is called, whom it is told to, and what a person reads. */
  alert: string
  receiver: string
  text: RegExp
  fallIll: () => Promise<void> | void
  /** Not given where it recovers by itself. */
  recover?: () => Promise<void> | void
}

interface Journal { alerts: Array<{ name: string, status: string }> }

const toTell = 120
/** A service that was killed is started again, and the machine may have no time for an event loop. */
const besides = /#(servicerestarted|eventlooplate)$/m

t.test('a service for each of eight faults, rules as shipped, seconds for minutes', { timeout: 600_000 }, async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const [database, apart] = [await startPostgres(t), await startPostgres(t)]
  const sql = createClient({ url: database.url, poolSize: 1 })
  t.teardown(async () => { await sql.end({ timeout: 1 }) })
  const journal = await startService(t, { DATABASE_URL: database.url })
  const doomed = { DATABASE_URL: database.url, PORT: String(await freePort()) }
  const mortal = await startService(t, doomed)
  const alone = await startService(t, { DATABASE_URL: apart.url, HEALTH_KEEP_MS: '100' })
  const patient = async () => await startPatient(t, database.url)
  const [failing, slow, saturated, blocked, fat] = await Promise.all([
    patient(),
    patient(),
    patient(),
    patient(),
    patient()
  ])

  const addresses: Record<Ill, string> = {
    errors: failing.management,
    latency: slow.management,
    'target-down': new URL(mortal.origin).host,
    'database-down': new URL(alone.origin).host,
    'pool-saturated': saturated.management,
    'loop-blocked': blocked.management,
    memory: fat.management,
    'journal-refusing': new URL(journal.origin).host
  }
  const { receivers, notifications } = await startNotified(t, ['pager', 'tickets'])
  const times = { group_wait: '2s', group_interval: '10s', repeat_interval: '1h' }
  const people = await startAlertmanager(t, 'alertmanager.yml', times, receivers)
  const alertmanager = [people, await startJournalAlertmanager(t, journal.origin)].map(origin => new URL(origin).host)
  const targets = ill.map(namespace => ({ targets: [addresses[namespace]], labels: { namespace } }))
  const prometheus = await startPrometheus(t, { 'fastify-vitals': targets, alertmanager }, [], await quickRules())
  const up = async () => (await prometheus.instant('count(up == 1)'))[0]?.values[0]
  await until('all to be scraped', async () => await up() === ill.length + alertmanager.length + 1, 60)

  const stopped = new AbortController()
  // fetch() lets go of a signal only when garbage is collected.
  setMaxListeners(0, stopped.signal)
  t.teardown(() => { stopped.abort() })
  const ask = async (url: string, init: RequestInit = {}) => {
    await fetch(url, { ...init, signal: stopped.signal }).then(async response => await response.text(), () => {})
  }

  const over = new Map<Ill, AbortController>()
  /** Asks in turn, five times a second, until that is over. */
  function keepAsking (namespace: Ill, ...urls: string[]): void {
    const controller = new AbortController()
    over.set(namespace, controller)
    const going = async () => {
      for (let turn = 0; !controller.signal.aborted && !stopped.signal.aborted; turn++) {
        ask(urls[turn % urls.length] as string)
        await sleep(200)
      }
    }
    going()
  }
  const stopAsking = (namespace: Ill) => { over.get(namespace)?.abort() }

  const heardOf = (namespace: Ill, status = '') =>
    notifications.filter(({ title, text }) => title.startsWith(status) && title.includes(` in ${namespace}:`) &&
      !besides.test(text))

  /** Has a service fall ill, and recover once people have been told; returns what they were told. */
  async function provoke (namespace: Ill, { fallIll, recover = () => {} }: Fault): Promise<Notification[]> {
    await fallIll()
    await until(`${namespace} to be told of`, () => heardOf(namespace, 'FIRING').length > 0, toTell)
    // Longer than a group's interval: nothing more comes.
    await sleep(12_000)
    await recover()
    await until(`the end of ${namespace} to be told of`, () => heardOf(namespace, 'RESOLVED').length > 0, toTell)
    return heardOf(namespace)
  }

  const sleeping = "query like '%pg_sleep(30)%' and pid <> pg_backend_pid()"
  async function endSleepingQueries (): Promise<boolean> {
    const ended = await sql.unsafe(`select pg_terminate_backend(pid) from pg_stat_activity where ${sleeping}`)
    const used = await prometheus.instant('db_connections{namespace="pool-saturated", state="used"} > 0')
    return ended.length === 0 && used.length === 0
  }

  const faults: Record<Ill, Fault> = {
    errors: {
      alert: 'HighErrorRate',
      receiver: 'pager',
      text: /fails \d+(\.\d+)?% of requests/,
      fallIll: () => { keepAsking('errors', `${failing.origin}/failing`, `${failing.origin}/good`) },
      recover: () => { stopAsking('errors') }
    },
    latency: {
      alert: 'HighResponseTime',
      receiver: 'tickets',
      text: /answers slowly\nOf the requests .* 5% took longer than about \S+, and the mean took [1-9](\.\d)?s\./,
      fallIll: () => { keepAsking('latency', `${slow.origin}/slow`) },
      recover: () => { stopAsking('latency') }
    },
    'target-down': {
      alert: 'TargetDown',
      receiver: 'pager',
      text: /is down\nPrometheus has had no answer/,
      fallIll: async () => { await mortal.stop('SIGKILL') },
      recover: async () => { await startService(t, doomed) }
    },
    'database-down': {
      alert: 'HealthCheckFailing',
      receiver: 'pager',
      text: /Health check database of \S+ fails/,
      fallIll: async () => {
        keepAsking('database-down', `${alone.origin}/api/alerts`)
        await apart.stop()
      },
      recover: async () => {
        await apart.start()
        stopAsking('database-down')
      }
    },
    'pool-saturated': {
      alert: 'PoolSaturated',
      receiver: 'tickets',
      text: /uses 100% of its database connections/,
      fallIll: () => { for (let query = 0; query < 4; query++) ask(`${saturated.origin}/waiting`) },
      recover: async () => { await until('its queries to have ended', endSleepingQueries, 60) }
    },
    'loop-blocked': {
      alert: 'EventLoopBlocked',
      receiver: 'pager',
      text: /The event loop of \S+ in \S+ was blocked for \S+ when last scraped/,
      fallIll: () => { ask(`${blocked.origin}/blocked`) }
    },
    memory: {
      alert: 'MemoryNearLimit',
      receiver: 'pager',
      text: /uses 9\d(\.\d+)?% of the memory that it may/,
      fallIll: async () => { await ask(`${fat.origin}/held`, { method: 'POST' }) },
      recover: async () => { await ask(`${fat.origin}/held`, { method: 'DELETE' }) }
    },
    'journal-refusing': {
      alert: 'JournalRefusingAlerts',
      receiver: 'tickets',
      text: /refuses alerts: starts_at/,
      fallIll: async () => {
        const body = JSON.stringify(payload([alert({ startsAt: 'yesterday' })]))
        await ask(`${journal.origin}/api/alerts`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body
        })
      }
    }
  }

  t.jobs = ill.length
  for (const namespace of ill) {
    const { alert: name, receiver, text } = faults[namespace]
    t.test(`${namespace}: people are told of ${name} once, and of its end, and the journal has both`, async t => {
      const heard = await provoke(namespace, faults[namespace])
      for (const { receiver, title, text } of heard) t.comment(`[${receiver}] ${title}\n${text}\n`)
      // What was inhibited while it fired is among what is told as resolved, for its cause does not fire any more.
      t.match(heard, [
        { receiver, title: `FIRING fastify-vitals in ${namespace}: 1 alert`, text },
        { receiver, title: `RESOLVED fastify-vitals in ${namespace}: `, text }
      ])
      t.equal(heard.length, 2)
      for (const { text } of heard) t.match(text, `http://localhost:8000/runbook#${name.toLowerCase()}`)
      const query = new URLSearchParams({ name, label: `namespace=${namespace}` })
      const kept = async () => (await (await fetch(`${journal.origin}/api/alerts?${query}`)).json() as Journal).alerts
      await until('its end in the journal', async () => (await kept())[0]?.status === 'resolved', 30).catch(() => {})
      t.match(await kept(), [{ name, status: 'resolved' }])
    })
  }
})
