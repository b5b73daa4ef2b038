import t from 'tap'
import { alert, payload } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

const end = '2026-01-31T13:00:00.5Z'
const counts = (created: number, resolved: number, unchanged: number, {
  truncated = 0,
  reopened = 0,
  ended = 0
} = {}) => (
  {
    received: created + resolved + reopened + unchanged,
    created,
    resolved,
    reopened,
    unchanged,
    ended,
    refused: 0,
    refusals: [],
    truncated
  })

t.test('POST /api/alerts', async t => {
  const { app, sql, log, clear, post, store, get, list } = await startJournal(t)
  t.beforeEach(clear)
  const rows = async () => await sql`select *, xmin::text, xmax::text, ctid::text from alerts order by id`

  t.test('stores an alert with all that Alertmanager said', async t => {
    t.same(await post(payload()), { status: 200, body: counts(1, 0, 0) })
    const [stored] = await list()
    t.match(stored, {
      id: /^[1-9]\d*$/,
      fingerprint: alert().fingerprint,
      status: 'firing',
      name: 'HighErrorRate',
      severity: 'critical',
      startsAt: '2026-01-31T12:00:00.123457Z',
      endsAt: null,
      labels: { alertname: 'HighErrorRate', severity: 'critical' },
      annotations: { summary: 'Too many errors' },
      generatorURL: 'http://prometheus:9090/graph?g0.expr=1',
      receiver: 'journal',
      groupKey: '{}:{alertname="HighErrorRate"}',
      externalURL: 'http://alertmanager:9093',
      receivedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
      resolvedReceivedAt: null,
      lastHeardAt: stored?.receivedAt
    })
    t.same(await get(`/${stored?.id}`), { status: 200, body: stored })
  })

  t.test('keeps an alert once per fingerprint and start', async t => {
    t.same(await store(alert()), counts(1, 0, 0))
    t.same(await store(alert()), counts(0, 0, 1))
    t.same(await store(alert({ startsAt: '2026-02-01T00:00:00Z' })), counts(1, 0, 0))
    t.same(
      await store(alert({ startsAt: '2026-02-01T00:00:00Z' }), alert({ labels: { alertname: 'Other' } })),
      counts(1, 0, 1)
    )
    t.match(
      await list(),
      [
        { startsAt: /^2026-02/, status: 'firing' },
        { name: 'Other', status: 'firing' },
        { startsAt: /^2026-01/, status: 'stale' }
      ]
    )
  })

  t.test('resolves an alert that was firing, and changes nothing else of it', async t => {
    await store(alert())
    const [before] = await list()
    t.same(await store(alert({ endsAt: end, annotations: { summary: 'Over' } })), counts(0, 1, 0))
    const [after] = await list()
    t.match(after, {
      ...before,
      status: 'resolved',
      endsAt: '2026-01-31T13:00:00.500000Z',
      resolvedReceivedAt: String,
      lastHeardAt: String
    })
    t.equal(after?.lastHeardAt, after?.resolvedReceivedAt)
  })

  t.test('stores an alert that it first hears of when it is resolved', async t => {
    t.same(await store(alert({ endsAt: end })), counts(1, 0, 0))
    t.match(await list(), [{ status: 'resolved', endsAt: '2026-01-31T13:00:00.500000Z', resolvedReceivedAt: String }])
  })

  t.test('writes nothing for an end that is known, and for a repeat only that it was heard of', async t => {
    const other = alert({ labels: { alertname: 'Other' } })
    await store(alert({ endsAt: end }), other)
    const [ended, firing] = await rows()
    t.same(await store(alert({ endsAt: end }), other), counts(0, 0, 2))
    const [after, repeated] = await rows()
    t.strictSame(after, ended)
    const { xmin, xmax, ctid, last_heard_at: heard, ...rest } = firing as Record<string, unknown>
    t.match(repeated, rest)
    t.ok(Number(repeated?.['last_heard_at']) > Number(heard))
  })

  t.test('takes the same alert twice in one payload as one, resolved if either is', async t => {
    t.same(await store(alert(), alert({ endsAt: end }), alert()), counts(1, 0, 2))
    t.match(await list(), [{ status: 'resolved' }])
    t.same(await store(alert({ startsAt: end }), alert({ startsAt: end })), counts(1, 0, 1))
  })

  t.test('takes the later of two ends of the same alert in one payload, in any order', async t => {
    const later = '2026-01-31T14:00:00Z'
    for (const ends of [[end, later], [later, end]]) {
      await clear()
      t.same(await store(...ends.map(endsAt => alert({ endsAt }))), counts(1, 0, 1))
      t.match(await list(), [{ status: 'resolved', endsAt: '2026-01-31T14:00:00.000000Z' }])
    }
  })

  t.test('stores once what several requests bring at once, in any order', async t => {
    const alerts = Array.from({ length: 100 }, (_, i) => alert({ labels: { alertname: 'A', instance: String(i) } }))
    const answers = await Promise.all(Array.from(
      { length: 8 },
      async (_, i) => await store(...(i % 2 ? alerts : alerts.toReversed()))
    ))
    t.equal(answers.reduce((sum, { created }) => sum + Number(created), 0), 100)
    const ended = alerts.map(({ labels }) => alert({ labels, endsAt: end }))
    const ends = await Promise.all(Array.from(
      { length: 8 },
      async (_, i) => await store(...(i % 2 ? ended : ended.toReversed()))
    ))
    t.equal(ends.reduce((sum, { resolved }) => sum + Number(resolved), 0), 100)
    t.equal((await rows()).length, 100)
  })

  t.test('stores a group of 1,000 alerts', async t => {
    const alerts = Array.from(
      { length: 1000 },
      (_, i) => alert({ labels: { alertname: 'Many', instance: `web-${i}` } })
    )
    t.same(await store(...alerts), counts(1000, 0, 0))
    t.same(await store(...alerts), counts(0, 0, 1000))
    t.equal((await list({ label: 'instance=web-999' })).length, 1)
  })

  t.test('stores nothing for a group without alerts', async t => {
    t.same(await store(), counts(0, 0, 0))
  })

  t.test('tells and logs how many alerts Alertmanager left out', async t => {
    t.same((await post(payload([alert()], { truncatedAlerts: 7 }))).body, counts(1, 0, 0, { truncated: 7 }))
    t.match(log, [{ level: 40, truncated: 7, msg: /max_alerts/ }])
  })

  t.test('keeps any text: quotes, Unicode, line breaks, names of object properties', async t => {
    const labels = {
      alertname: "Robert'); drop table alerts; --",
      '"quoted"': "it's \\ \"so\"",
      'ключ 🔑': '값 🚨',
      'line\nbreak': '\r\n\t\u0001',
      constructor: 'c',
      toString: 't',
      empty: '',
      ' ': '{}'
    }
    t.same(await store(alert({ labels, annotations: labels, fingerprint: "'" })), counts(1, 0, 0))
    const [stored] = await list()
    t.strictSame(stored?.labels, labels)
    t.strictSame(stored?.annotations, labels)
    t.equal(stored?.name, labels.alertname)
    t.equal((await list({ label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) })).length, 1)
  })

  t.test('keeps nothing of fields that it does not know', async t => {
    const odd = {
      ...payload([{ ...alert(), odd: '\u0000\ud800' } as ReturnType<typeof alert>]),
      odd: { deep: '\u0000' }
    }
    t.same(await post(odd), { status: 200, body: counts(1, 0, 0) })
  })

  t.test('takes an alert without a name or severity', async t => {
    await store(alert({ labels: {}, fingerprint: 'none' }))
    t.match(await list({ name: '' }), [{ name: '', severity: null }])
  })

  t.test('answers an error rather than 200 when the statement fails', async t => {
    await sql`alter table alerts rename to gone`
    t.equal((await app.inject({ method: 'POST', url: '/api/alerts', payload: payload() })).statusCode, 500)
    await sql`alter table gone rename to alerts`
  })
})
