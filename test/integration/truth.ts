import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import type { Alert } from '../../src/journal/schema.js'
import { startJournal } from '../fixtures/journal.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

// Longer than other tests, where several suites run at once.
t.setTimeout(400_000)

/** Seconds: several times what Alertmanager takes to repeat here. */
const staleAfterSeconds = 20
const patience = 90

const iso = (time: number) => new Date(time).toISOString()
/** Until when Prometheus says that an alert fires, unless it says so again. */
const long = () => Date.now() + 600_000

/**
 * An Alertmanager with the shipped rules of inhibition, which tells a journal of each group as soon and as often as it
 * can.
 */
async function startAlertmanager (t: Test, journal: string) {
  const directory = await temporaryDirectory(t)
  const { inhibit_rules: inhibitRules } = parse(
    await readFile('ops/alertmanager/alertmanager.yml', 'utf8')
  ) as { inhibit_rules: object[] }
  await writeFile(join(directory, 'alertmanager.yml'), JSON.stringify({
    route: { receiver: 'journal', group_by: ['group'], group_wait: '0s', group_interval: '1s', repeat_interval: '2s' },
    receivers: [{ name: 'journal', webhook_configs: [{ url: `${journal}/api/alerts` }] }],
    inhibit_rules: inhibitRules
  }))
  const address = `127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${directory}/alertmanager.yml`,
    `--storage.path=${directory}/data`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address='
  ]
  const request = async (path: string, body: unknown) => {
    const response = await fetch(`http://${address}/api/v2${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }
  const begin = async () => {
    const child = startProgram(t, 'prometheus-alertmanager', args, undefined, true)
    await until(
      'Alertmanager to be ready',
      async () => await fetch(`http://${address}/-/ready`).then(({ ok }) => ok, () => false),
      patience
    )
    return child
  }
  let running = await begin()
  return {
    /** Says, as Prometheus does, that an alert fires from a time on, or until when it did. */
    say: async (labels: Record<string, string>, startsAt: number, endsAt = long()) => {
      await request(
        '/alerts',
        [{ labels, annotations: {}, generatorURL: 'http://prometheus/', startsAt: iso(startsAt), endsAt: iso(endsAt) }]
      )
    },
    silence: async (group: string) => {
      const matchers = [{ name: 'group', value: group, isRegex: false, isEqual: true }]
      await request('/silences', {
        matchers,
        startsAt: iso(Date.now()),
        endsAt: iso(long()),
        createdBy: 'a test',
        comment: 'a test'
      })
    },
    isSuppressed: async (group: string) => {
      const alerts = await (await fetch(`http://${address}/api/v2/alerts?filter=group="${group}"`)).json() as Array<{
        status: { state: string }
      }>
      return alerts.some(({ status: { state } }) => state === 'suppressed')
    },
    /** Ends it as kill -9 does, and starts it again: it does not keep alerts. */
    restart: async () => {
      const exited = new Promise(resolve => running.once('exit', resolve))
      running.kill('SIGKILL')
      await exited
      running = await begin()
    }
  }
}

t.test('what a real Alertmanager does not tell, the journal does not believe', async t => {
  if (!havePrograms(t, 'prometheus-alertmanager')) return
  const { app, list } = await startJournal(t, { staleAfterSeconds })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const [one, other, restarted] = await Promise.all([
    startAlertmanager(t, origin),
    startAlertmanager(t, origin),
    startAlertmanager(t, origin)
  ])
  const from = Date.now() - 5000
  const named = (group: string, rest = {}) => ({ alertname: 'Broken', severity: 'warning', group, ...rest })
  const rows = async (group: string) => (await list({ label: `group=${group}` }))
  const statuses = async (group: string, ...wanted: string[]) => {
    let found: Alert[] = []
    await until(`${group} to be ${wanted.join(', ')}`, async () => {
      found = await rows(group)
      return found.map(({ status }) => status).join() === wanted.join()
    }, patience).catch(error => { throw new Error(`${error.message}; it is ${JSON.stringify(found)}`) })
    return found
  }
  /** What is no longer heard of ended when it was last heard of, whatever its end really was. */
  const endedUnconfirmed = (t: Test, [alert]: Alert[]) => {
    t.match(alert, {
      status: 'stale',
      startsAt: iso(from).replace('Z', '000Z'),
      endsAt: alert?.lastHeardAt,
      resolvedReceivedAt: null
    })
  }

  const rowsOfTruth: Record<string, (t: Test) => Promise<void>> = {
    'what resolves while it is inhibited ends, not confirmed, when it was last heard of': async t => {
      await one.say(named('inhibited', { job: 'j', instance: 'i' }), from)
      await statuses('inhibited', 'firing')
      await one.say({ alertname: 'TargetDown', severity: 'critical', group: 'source', job: 'j', instance: 'i' }, from)
      await until('it to be inhibited', async () => await one.isSuppressed('inhibited'), patience)
      const inhibitedAt = Date.now()
      await one.say(named('inhibited', { job: 'j', instance: 'i' }), from, Date.now())
      const [alert] = await statuses('inhibited', 'stale')
      endedUnconfirmed(t, [alert as Alert])
      t.ok(
        Date.parse(alert?.endsAt ?? '') <= inhibitedAt + 5000,
        `${alert?.endsAt} is not after it was inhibited, at ${iso(inhibitedAt)}`
      )
    },
    'what resolves while it is silenced, too': async t => {
      await one.say(named('silenced'), from)
      await statuses('silenced', 'firing')
      await one.silence('silenced')
      await until('it to be silenced', async () => await one.isSuppressed('silenced'), patience)
      await one.say(named('silenced'), from, Date.now())
      endedUnconfirmed(t, await statuses('silenced', 'stale'))
    },
    'what its group no longer lists, while another of it fires on': async t => {
      const [gone, stays] = [
        named('unlisted', { instance: 'gone', job: 'k' }),
        named('unlisted', { instance: 'stays' })
      ]
      await Promise.all([one.say(gone, from), one.say(stays, from)])
      await statuses('unlisted', 'firing', 'firing')
      await one.say(
        { alertname: 'TargetDown', severity: 'critical', group: 'source 2', job: 'k', instance: 'gone' },
        from
      )
      await until(
        'one to be stale',
        async () => (await rows('unlisted')).some(({ status }) => status === 'stale'),
        patience
      )
      endedUnconfirmed(t, (await rows('unlisted')).filter(({ labels }) => labels['instance'] === 'gone'))
      t.match(
        (await rows('unlisted')).filter(({ labels }) => labels['instance'] === 'stays'),
        [{ status: 'firing', endsAt: null }]
      )
    },
    'what resolves while Alertmanager restarts, and what fires again later with the first never resolved': async t => {
      await Promise.all([restarted.say(named('restarted'), from), restarted.say(named('started later'), from)])
      await Promise.all([statuses('restarted', 'firing'), statuses('started later', 'firing')])
      await restarted.restart()
      const later = Date.now()
      await restarted.say(named('started later'), later)
      const [second, first] = await statuses('started later', 'firing', 'stale')
      t.match([first?.startsAt, second?.startsAt], [iso(from).replace('Z', '000Z'), iso(later).replace('Z', '000Z')])
      t.ok((first?.endsAt ?? '') <= (second?.startsAt ?? ''), 'it fires once at a time')
      endedUnconfirmed(t, await statuses('restarted', 'stale'))
    },
    'a pair of Prometheus servers, the second with another start, is one alert': async t => {
      await one.say(named('pair'), from + 2000)
      await statuses('pair', 'firing')
      await one.say(named('pair'), from)
      await until(
        'the earlier start to count',
        async () => (await rows('pair'))[0]?.startsAt === iso(from).replace('Z', '000Z'),
        patience
      )
      const end = Date.now()
      await Promise.all([one.say(named('pair'), from, end), one.say(named('pair'), from + 2000, end)])
      t.match(await statuses('pair', 'resolved'), [{ startsAt: iso(from).replace('Z', '000Z') }])
    },
    'what fires again with the same start after "resolved" fires again, and then ends later': async t => {
      await one.say(named('gap'), from)
      await statuses('gap', 'firing')
      await one.say(named('gap'), from, Date.now())
      const [over] = await statuses('gap', 'resolved')
      await one.say(named('gap'), from)
      await statuses('gap', 'firing')
      const end = Date.now()
      await one.say(named('gap'), from, end)
      const [again] = await statuses('gap', 'resolved')
      t.equal(again?.id, over?.id)
      t.ok(
        (again?.endsAt ?? '') > (over?.endsAt ?? '') && again?.endsAt === iso(end).replace('Z', '000Z'),
        `ends at ${again?.endsAt}`
      )
    },
    'what two Alertmanagers deliver, in any order and again and again, is one alert': async t => {
      await Promise.all([one, other].map(async alertmanager => { await alertmanager.say(named('both'), from) }))
      await statuses('both', 'firing')
      const [{ lastHeardAt } = { lastHeardAt: '' }] = await rows('both')
      await until('it to be repeated', async () => ((await rows('both'))[0]?.lastHeardAt ?? '') > lastHeardAt, patience)
      const end = Date.now()
      for (const alertmanager of [one, other]) await alertmanager.say(named('both'), from, end)
      await statuses('both', 'resolved')
      // Until the last of the two has told of it.
      await sleep(3000)
      t.match(
        await statuses('both', 'resolved'),
        [{ startsAt: iso(from).replace('Z', '000Z'), endsAt: iso(end).replace('Z', '000Z') }]
      )
    }
  }
  t.jobs = Object.keys(rowsOfTruth).length
  for (const [title, check] of Object.entries(rowsOfTruth)) t.test(title, { buffered: true }, check)
})
