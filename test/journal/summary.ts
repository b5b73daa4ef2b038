import t from 'tap'
import type { Summary } from '../../src/journal/schema.js'
import { alert } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

t.test('GET /api/alerts/summary', async t => {
  const { clear, store, get, summary } = await startJournal(t)
  t.beforeEach(clear)
  const one = (name: string, startsAt: string, endsAt?: string, severity = 'warning') =>
    alert({ labels: { alertname: name, severity }, startsAt, ...(endsAt && { endsAt }) })

  t.test('is empty when nothing was stored', async t => {
    t.strictSame(await get('/summary'), { status: 200, body: { summary: [] } })
  })

  t.test('tells per name how often and how long, the most frequent first', async t => {
    await store(
      one('Down', '2026-01-01T00:00:00Z', '2026-01-01T00:00:10.5Z'),
      one('Slow', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'),
      one('Slow', '2026-03-01T00:00:00Z', '2026-03-03T00:00:00Z', 'critical'),
      one('Slow', '2026-02-01T00:00:00Z', '2026-02-01T00:00:03Z')
    )
    t.strictSame(await summary(), [
      {
        name: 'Slow',
        count: 3,
        firing: 0,
        stale: 0,
        firingSeconds: 172863,
        meanSeconds: 57621,
        longestSeconds: 172800,
        lastSeenAt: '2026-03-03T00:00:00.000000Z'
      },
      {
        name: 'Down',
        count: 1,
        firing: 0,
        stale: 0,
        firingSeconds: 10.5,
        meanSeconds: 10.5,
        longestSeconds: 10.5,
        lastSeenAt: '2026-01-01T00:00:10.500000Z'
      }
    ])
    t.match(await summary({ severity: 'critical' }), [{ name: 'Slow', count: 1, firingSeconds: 172800 }])
    t.match(await summary({ label: 'alertname=Down' }), [{ name: 'Down' }])
  })

  t.test('counts only the time between from and to', async t => {
    await store(
      one('Down', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      one('Down', '2026-01-02T06:00:00Z', '2026-01-03T00:00:00Z'),
      one('Down', '2026-01-05T00:00:00Z', '2026-01-05T00:00:01Z')
    )
    t.strictSame(await summary({ from: '2026-01-01T23:00:00Z', to: '2026-01-02T08:00:00Z' }), [
      {
        name: 'Down',
        count: 2,
        firing: 0,
        stale: 0,
        firingSeconds: 10800,
        meanSeconds: 5400,
        longestSeconds: 7200,
        lastSeenAt: '2026-01-02T08:00:00.000000Z'
      }
    ])
  })

  t.test('counts an alert that is still firing up to now', async t => {
    const started = Date.now() - 3_600_000
    await store(one('Down', new Date(started).toISOString()))
    const [line] = await summary() as [Summary[number]]
    t.match(line, { count: 1, firing: 1 })
    t.ok(line.firingSeconds >= 3599 && line.firingSeconds < 3660, `${line.firingSeconds} s`)
    t.ok(Math.abs(Date.parse(line.lastSeenAt) - Date.now()) < 60_000, line.lastSeenAt)
  })

  t.test('has no negative times, though clocks may differ', async t => {
    await store(one('Brief', '2026-01-01T00:00:10Z', '2026-01-01T00:00:10Z'), one('Future', '2900-01-01T00:00:00Z'))
    t.match(
      await summary(),
      [{ name: 'Brief', firingSeconds: 0 }, { name: 'Future', firing: 1, firingSeconds: 0, longestSeconds: 0 }]
    )
  })
})

t.test('a summary for which too many others wait is refused for now, and the others are answered', async t => {
  const { app, sql, list } = await startJournal(t, { costlyReads: 1 })
  await list()
  const ask = async (index: number) => await app.inject(`/api/alerts/summary?label=index%3D${index}`)
  let asked: Array<ReturnType<typeof ask>> = []
  await sql.begin(async sql => {
    await sql`lock table alerts in access exclusive mode`
    // One is under way, twenty wait.
    asked = Array.from({ length: 21 }, async (_, index) => await ask(index))
    const refused = await ask(21)
    t.equal(refused.statusCode, 503)
    t.equal(refused.headers['retry-after'], '5')
  })
  t.strictSame((await Promise.all(asked)).map(({ statusCode }) => statusCode), Array(21).fill(200))
})
