import { mock } from 'node:test'
import Fastify from 'fastify'
import t from 'tap'
import { keepForDays } from '../../src/journal/retention.js'
import { createAlertWriter } from '../../src/journal/writer.js'
import { alert } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

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
  while ((await list()).length > 1) await new Promise(resolve => setTimeout(resolve, 50))
  t.match(await list(), [{ labels: { instance: 'b' } }])
})

t.test('a new journal tells soon how much it keeps: it looks after a minute, and less and less often down to every hour', async t => {
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
