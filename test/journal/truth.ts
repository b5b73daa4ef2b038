import t from 'tap'
import { alert, payload } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'
import { until } from '../fixtures/until.js'

const start = '2026-01-31T12:00:00.000000Z'
const later = '2026-01-31T12:10:00.000000Z'
const end = '2026-01-31T13:00:00.000000Z'
const instance = (instance: string, rest = {}) =>
  alert({ labels: { alertname: 'Down', instance }, startsAt: start, ...rest })

t.test('what Alertmanager does not tell', async t => {
  const { sql, clear, post, store, list, summary } = await startJournal(t)
  t.beforeEach(clear)
  /** Has all that was told so far be so many seconds ago. */
  const pass = async (seconds: number) => {
    await sql`update alerts set last_heard_at = last_heard_at - make_interval(secs => ${seconds})`
  }

  t.test('each word of an alert says that it is still heard of', async t => {
    await store(instance('a'))
    const [before] = await list()
    await store(instance('a'))
    const [after] = await list()
    t.equal(before?.lastHeardAt, before?.receivedAt)
    t.ok((after?.lastHeardAt ?? '') > (before?.lastHeardAt ?? ''))
    t.strictSame({ ...after, lastHeardAt: '' }, { ...before, lastHeardAt: '' })
  })

  t.test('an alert that its group no longer lists is stale, from when it was last heard of', async t => {
    await store(instance('a'), instance('b'))
    const [{ lastHeardAt } = { lastHeardAt: '' }] = await list({ label: 'instance=b' })
    t.match(await store(instance('a')), { unchanged: 1, ended: 1 })
    t.match(
      await list({ status: 'stale' }),
      [{ status: 'stale', endsAt: lastHeardAt, lastHeardAt, resolvedReceivedAt: null, labels: { instance: 'b' } }]
    )
    t.match(await store(instance('a'), instance('b')), { unchanged: 1, reopened: 1, ended: 0 })
    t.match(await list({ label: 'instance=b' }), [{ status: 'firing', startsAt: start, endsAt: null }])
    await store(instance('a'))
    t.match(await store(instance('a'), instance('b', { endsAt: end })), { unchanged: 1, resolved: 1 })
    t.match(await list({ label: 'instance=b' }), [{ status: 'resolved', endsAt: end }])
  })

  t.test('but not one that was left out, or is of another group, receiver or Alertmanager', async t => {
    await store(instance('a'), instance('b'))
    for (const rest of [
      { truncatedAlerts: 1 },
      { groupKey: 'other' },
      { receiver: 'other' },
      { externalURL: 'http://other' }
    ]) {
      t.match((await post(payload([instance('c')], rest))).body, { ended: 0 })
    }
    t.equal((await list({ status: 'firing' })).length, 3)
  })

  t.test('of two starts that fire at once the first is over, for an alert fires once at a time', async t => {
    await store(instance('a'))
    t.match(await store(instance('a', { startsAt: later })), { created: 1 })
    t.match(await list(), [{ startsAt: later, status: 'firing' }, { startsAt: start, status: 'stale', endsAt: later }])
    t.match(await summary(), [{ name: 'Down', count: 2, firing: 1, stale: 1 }])
  })

  t.test('of a pair of Prometheus servers the earlier start is the one', async t => {
    await store(instance('a', { startsAt: later }))
    const [{ id } = { id: '' }] = await list()
    t.match(await store(instance('a')), { created: 0, unchanged: 1 })
    t.match(await list(), [{ id, startsAt: start, status: 'firing' }])
    await store(instance('a', { endsAt: end }))
    t.match(await list(), [{ id, startsAt: start, status: 'resolved', endsAt: end }])
    t.match(await store(instance('a', { startsAt: later })), { created: 0, reopened: 1 }, 'the other still fires')
    t.match(await list(), [{ id, startsAt: start, status: 'firing' }])
  })

  t.test('both starts, each told to an Alertmanager that has forgotten the other, become one again', async t => {
    await store(instance('a'))
    await store(instance('a', { startsAt: later }))
    t.match(await store(instance('a')), { reopened: 1 })
    t.match(await list(), [{ startsAt: start, status: 'firing', endsAt: null }])
  })

  t.test('what fires again with the same start was never over', async t => {
    await store(instance('a'))
    await store(instance('a', { endsAt: later }))
    t.match(await store(instance('a')), { reopened: 1 })
    t.match(await list(), [{ status: 'firing', endsAt: null, resolvedReceivedAt: null }])
    t.match(await store(instance('a', { endsAt: end })), { resolved: 1 })
    t.match(await list(), [{ status: 'resolved', startsAt: start, endsAt: end, resolvedReceivedAt: String }])
    t.match(await summary(), [{ count: 1, firingSeconds: 3600 }])
  })

  t.test('what is over and has fired again since does not fire by a word of the former start', async t => {
    await store(instance('a', { endsAt: later }))
    await store(instance('a', { startsAt: end }))
    t.match((await post(payload([instance('a')], { groupKey: 'other' }))).body, { unchanged: 1 })
    t.match(await list(), [{ startsAt: end, status: 'firing' }, { startsAt: start, status: 'resolved', endsAt: later }])
  })

  t.test('a later end counts, in any order', async t => {
    for (const ends of [[later, end], [end, later]]) {
      await clear()
      for (const endsAt of ends) await store(instance('a', { endsAt }))
      t.match(await list(), [{ status: 'resolved', endsAt: end }])
    }
  })

  t.test('another Alertmanager\'s word that comes late changes nothing; one that comes much later does', async t => {
    const other = async (...alerts: Parameters<typeof payload>) =>
      (await post(payload(alerts[0], { externalURL: 'http://other' }))).body
    await store(instance('a', { endsAt: end }))
    t.match(await other([instance('a')]), { reopened: 0, unchanged: 1 })
    t.match(await list(), [{ status: 'resolved', endsAt: end }])
    await pass(61)
    t.match(await other([instance('a')]), { reopened: 1 })
    t.match(await list(), [{ status: 'firing' }])
  })
})

t.test('an alert that is not heard of for a while is stale', async t => {
  const { store, list, log } = await startJournal(t, { staleAfterSeconds: 1 })
  await store(instance('a'))
  const [{ lastHeardAt } = { lastHeardAt: '' }] = await list()
  await until('it to be stale', async () => (await list({ status: 'stale' })).length === 1)
  t.match(await list(), [{ status: 'stale', endsAt: lastHeardAt, lastHeardAt }])
  t.match(log, [{ level: 40, ended: 1, msg: /not told of them for 1 s/ }])
  t.match(await store(instance('a')), { reopened: 1 })
})
