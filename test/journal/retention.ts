import { mock } from 'node:test'
import Fastify from 'fastify'
import t from 'tap'
import metrics from '../../plugins/metrics.js'
import { keepForDays } from '../../src/journal/retention.js'
import { createAlertWriter } from '../../src/journal/writer.js'
import { alert } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'
import { until } from '../fixtures/until.js'

const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
const one = (instance: string, from: number, to?: number) =>
  alert({ labels: { alertname: 'Old', instance }, startsAt: ago(from), ...(to !== undefined && { endsAt: ago(to) }) })

t.test('what has been over for too long is deleted, in batches, with the labels that nobody has any more', async t => {
  const { sql, store, list } = await startJournal(t)
  const writer = createAlertWriter(sql)
  await store(one('a', 30, 29), one('b', 30, 29), one('b', 2, 1), one('c', 30, 5), one('d', 30), one('e', 29, 28))
  t.match(await writer.extent(), { alerts: 6, oldest: Number })
  t.equal(await writer.deleteOld(10, 2), 2)
  t.equal(await writer.deleteOld(10, 2), 1)
  t.equal(await writer.deleteOld(10, 2), 0)
  t.same((await list()).map(({ labels }) => labels.instance).sort(), ['b', 'c', 'd'])
  t.same(
    (await sql`select labels ->> 'instance' as instance from label_sets order by 1`).map(({ instance }) => instance),
    ['b', 'c', 'd']
  )
  t.equal((await list({ label: 'instance=b' })).length, 1)
})

t.test('only one instance deletes at a time', async t => {
  const { sql, store } = await startJournal(t)
  await store(one('a', 30, 29))
  await sql.begin(async other => {
    await other`select pg_advisory_xact_lock(7223183)`
    t.equal(await createAlertWriter(sql).deleteOld(10, 2), 0)
  })
  t.equal(await createAlertWriter(sql).deleteOld(10, 2), 1)
})

t.test('a journal deletes what is too old when it starts', async t => {
  const { sql, store, list } = await startJournal(t)
  await store(one('a', 30, 29), one('b', 2, 1))
  const { app } = await startJournal(t, { sql, retentionDays: 10 })
  await app.ready()
  await until('one to be deleted', async () => (await list()).length === 1)
  t.match(await list(), [{ labels: { instance: 'b' } }])
})

t.test('a new journal tells soon how much it keeps: after a minute, then ever less often, then hourly', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  const looks: number[] = []
  let minute = 0
  const app = Fastify()
  const extent = async () => {
    looks.push(minute)
    return { alerts: 0, oldest: undefined }
  }
  keepForDays(app, { deleteOld: async () => 0, extent }, 0)
  await app.ready()
  while (minute < 240) {
    await new Promise(resolve => setImmediate(resolve))
    minute++
    mock.timers.tick(60_000)
  }
  t.strictSame(looks, [0, 1, 3, 7, 15, 31, 63, 123, 183])
  await app.close()
})

t.test('it deletes until a batch is not full, tells how many and what is left, and tries again', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  const lines: Array<Record<string, unknown>> = []
  const app = Fastify({
    logger: { level: 'debug', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } }
  })
  await app.register(metrics, { observer: false })
  const batches = [500, 500, 3]
  const asked: unknown[] = []
  const deleteOld = async (...args: unknown[]) => {
    asked.push(args)
    const batch = batches.shift()
    if (batch === undefined) throw new Error('The database is away')
    return batch
  }
  keepForDays(app, { deleteOld, extent: async () => ({ alerts: 7, oldest: 1_700_000_000.5 }) }, 10)
  const told = async () => [
    ...(await app.inject('/metrics')).body.matchAll(/^journal_(?:alerts|oldest_alert_timestamp_seconds) (\S+)$/gm)
  ].map(([, value]) => Number(value))
  const lookAfter = async (milliseconds: number) => {
    mock.timers.tick(milliseconds)
    await new Promise(resolve => setImmediate(resolve))
    return asked.splice(0).length
  }
  await app.ready()
  t.strictSame(await told(), [0, 0])
  await until('the end of it to be told', () => lines.length > 0)
  const msg = 'Alerts that were over for more than 10 days are deleted'
  t.match(lines.splice(0), [{ level: 30, deleted: 1003, msg }])
  t.strictSame(asked.splice(0), [[10, 500], [10, 500], [10, 500]])
  await until('what there is to be told', async () => (await told())[0] !== 0)
  t.strictSame(await told(), [7, 1_700_000_000.5])

  // A minute later; what failed is tried again after ten seconds.
  t.strictSame([await lookAfter(59_999), await lookAfter(1)], [0, 1])
  await until('the failure to be told', () => lines.length > 0)
  t.match(lines.splice(0), [{ level: 20, err: { message: 'The database is away' } }])
  batches.push(500, 500)
  t.strictSame([await lookAfter(9999), await lookAfter(1)], [0, 1])
  await app.close()
  t.equal(batches.length, 1, 'nothing more is deleted once the app closes')
  t.equal(await lookAfter(1_000_000), 0)
  t.strictSame(lines, [])
})
