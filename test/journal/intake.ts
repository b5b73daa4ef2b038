import t from 'tap'
import { alert, payload, type WebhookAlert } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

const good = alert({ labels: { alertname: 'Good' } })
const nul = '\u0000'

t.test('of a group the good alerts are stored, whatever the others are', async t => {
  const { app, sql, log, clear, post, list } = await startJournal(t)
  t.beforeEach(async () => {
    await clear()
    log.length = 0
  })
  const group = async (bad: unknown) => await post(payload([good, bad as WebhookAlert]))

  const times = [
    '', 'yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '20000-01-01T00:00:00Z', '0000-01-01T00:00:00Z',
    '2026-01-01', '2026-01-01T25:00:00Z', '2026-01-01T00:00:60Z', '2026-01-01T00:00:00', '2026-01-01T00:00:00+15:00',
    '2026-01-01T00:00:00.1234567890Z', 'infinity', 'now', '2026-01-01T00:00:00Z\n', '0001-01-01T00:00:00Z', 5, null
  ]
  const refused: Array<[string, unknown, RegExp]> = [
    ['is no object', 'x', / must be an object/],
    ['has an unknown status', { ...alert(), status: 'pending' }, /\/status must be firing or resolved/],
    ['has no labels', { ...alert(), labels: undefined }, /\/labels must be an object of strings/],
    ['has a label that is no string', { ...alert(), labels: { a: {} } }, /\/labels must be an object of strings/],
    [
      'has a long fingerprint',
      { ...alert(), fingerprint: 'f'.repeat(65) },
      /\/fingerprint must be a text of at most 64/
    ],
    ...times.map((startsAt): [string, unknown, RegExp] => [
      `starts at ${startsAt}`,
      { ...alert(), startsAt },
      /\/startsAt must be an RFC 3339 time/
    ])
  ]
  for (const [title, bad, message] of refused) {
    t.test(`an alert that ${title} is refused`, async t => {
      const { status, body } = await group(bad)
      t.match(
        [status, body],
        [200, { received: 2, created: 1, refused: 1, refusals: [RegExp(`^alerts/1${message.source}`)] }]
      )
      t.match(await list(), [{ name: 'Good' }])
      t.match(log, [{ level: 40, refused: 1, msg: /cannot be stored/ }])
    })
  }

  const stored: Array<[string, unknown, object]> = [
    ['NUL in a label', { ...alert(), labels: { alertname: 'Bad', a: `x${nul}y` } }, { labels: { a: 'x\ufffdy' } }],
    [
      'NUL in names',
      { ...alert(), labels: { alertname: 'Bad', [`a${nul}`]: 'b' }, annotations: { [`x\n${nul}`]: 'a' } },
      { labels: { 'a\ufffd': 'b' }, annotations: { 'x\n\ufffd': 'a' } }
    ],
    [
      'half of a surrogate pair',
      { ...alert(), labels: { alertname: 'Bad' }, annotations: { a: '\ud83d!', b: '🚨' } },
      { annotations: { a: '\ufffd!', b: '🚨' } }
    ],
    [
      'NUL in the generator',
      { ...alert(), labels: { alertname: 'Bad' }, generatorURL: nul },
      { generatorURL: '\ufffd' }
    ],
    [
      'an end before its start',
      { ...alert({ endsAt: '2026-01-31T12:00:00+01:00' }), labels: { alertname: 'Bad' } },
      { status: 'resolved', endsAt: '2026-01-31T12:00:00.123457Z' }
    ],
    ['no end', { ...alert(), labels: { alertname: 'Bad' }, status: 'resolved' }, { status: 'resolved', endsAt: /^20/ }],
    [
      'an end that is no time',
      { ...alert(), labels: { alertname: 'Bad' }, status: 'resolved', endsAt: 'now' },
      { status: 'resolved', endsAt: /^20/ }
    ],
    ['annotations that are none', { ...alert(), labels: { alertname: 'Bad' }, annotations: 5 }, { annotations: {} }],
    [
      'an annotation that is no string',
      { ...alert(), labels: { alertname: 'Bad' }, annotations: { a: { b: 1 } } },
      { annotations: { a: '{"b":1}' } }
    ],
    [
      'no fingerprint',
      { ...alert(), labels: { alertname: 'Bad', job: 'x' }, fingerprint: undefined },
      { fingerprint: 'b2453795d543f2a2' }
    ],
    [
      'a long name',
      { ...alert(), labels: { alertname: `Bad${'🚨'.repeat(5000)}` } },
      { labels: { alertname: `Bad${'🚨'.repeat(5000)}` } }
    ]
  ]
  for (const [title, bad, found] of stored) {
    t.test(`an alert with ${title} is repaired`, async t => {
      t.match(await group(bad), { status: 200, body: { received: 2, created: 2, refused: 0 } })
      t.match((await list()).filter(({ name }) => name !== 'Good'), [found])
      t.match(log, [], 'it is no warning')
    })
  }

  t.test('NUL in the group, the receiver or the URL of Alertmanager is repaired', async t => {
    const texts = { groupKey: nul, receiver: `a${nul}`, externalURL: nul }
    t.match(await post(payload([good], texts)), { status: 200, body: { created: 1 } })
    t.match(await list(), [{ groupKey: '\ufffd', receiver: 'a\ufffd', externalURL: '\ufffd' }])
  })

  t.test('the log tells how many were repaired, by reason', async t => {
    const { level } = app.log
    app.log.level = 'info'
    t.teardown(() => { app.log.level = level })
    const repaired = ['Bad', 'Worse'].map(name => alert({ labels: { alertname: name, text: nul } }))
    await post(payload([good, ...repaired]))
    t.match(log.filter(({ repaired }) => repaired !== undefined), [
      { repaired: { text: 2 }, msg: 'Alerts were repaired so that they can be stored' }
    ])
  })

  t.test('a key __proto__ is a key', async t => {
    const body = JSON.stringify(payload([
      good,
      alert({ labels: { alertname: 'Odd', proto: 'a' }, annotations: { proto: 'b' } })
    ])).replaceAll(
      '"proto"',
      '"__proto__"'
    )
    t.match(await post(body), { status: 200, body: { created: 2 } })
    t.equal((await list({ label: '__proto__=a' })).length, 1)
  })

  t.test('what PostgreSQL itself refuses is refused alone', async t => {
    await sql`alter table alerts add constraint odd check (labels ->> 'alertname' <> 'Odd')`
    const odd = alert({ labels: { alertname: 'Odd' } })
    const many = (name: string) =>
      Array.from({ length: 20 }, (_, i) => alert({ labels: { alertname: name, instance: String(i) } }))
    const { status, body } = await post(payload([...many('One'), odd, ...many('Other')]))
    t.match(
      [status, body],
      [
        200,
        {
          received: 41,
          created: 40,
          refused: 1,
          refusals: ['an alert cannot be stored: PostgreSQL refuses it with 23514']
        }
      ]
    )
    await sql`alter table alerts drop constraint odd`
  })

  t.test('a group of 5,000 alerts, above a mebibyte, is stored', async t => {
    const alerts = Array.from(
      { length: 5000 },
      (_, i) => alert({
        labels: { alertname: 'Many', instance: `web-${i}` },
        annotations: { description: 'x'.repeat(500) }
      })
    )
    t.ok(JSON.stringify(payload(alerts)).length > 3 * 2 ** 20)
    t.match(await post(payload(alerts)), { status: 200, body: { created: 5000 } })
  })

  t.test("Grafana's webhook is taken", async t => {
    const fields = { title: '[FIRING:1]', state: 'alerting', message: 'text', orgId: 1 }
    const more = { silenceURL: 'http://g/s', dashboardURL: '', panelURL: '', values: { A: 1 }, valueString: '[ A=1 ]' }
    const body = { ...payload(), ...fields, version: '1', alerts: [{ ...alert(), ...more }] }
    t.match(await post(body), { status: 200, body: { created: 1, refused: 0 } })
  })

  t.test('a group of which one was refused does not tell what it no longer lists', async t => {
    await post(payload([good, alert({ labels: { alertname: 'Other' } })]))
    t.match((await group({ ...alert(), startsAt: 'x' })).body, { ended: 0, refused: 1 })
    t.equal((await list({ status: 'firing' })).length, 2)
  })
})
