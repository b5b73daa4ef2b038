import t from 'tap'
import { fingerprintOf } from '../../src/journal/fingerprint.js'
import { longestName, takeIn } from '../../src/journal/intake.js'
import { textOf, parseTime } from '../../src/journal/time.js'

const time = (text: string) => parseTime(text) as bigint
const [began, ended, now] = ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00Z', '2026-01-31T14:00:00Z'] as const
const sent = {
  status: 'resolved',
  labels: { alertname: 'Down', instance: 'a' },
  annotations: { summary: 'It is down' },
  startsAt: began,
  endsAt: ended,
  generatorURL: 'http://prometheus/graph',
  fingerprint: '0123456789abcdef'
}
const stored = { ...sent, startsAt: time(began), endsAt: time(ended) }

/** What becomes of one alert: as it is stored, or why it is refused; and what was mended. */
function take (alert: unknown) {
  const { webhook: { alerts: [taken] }, refused, repaired } = takeIn({ alerts: [alert] }, time(now))
  return taken === undefined ? refused[0] : { ...taken, repaired }
}

t.test('an alert that can be stored is stored as it is', async t => {
  t.strictSame(take(sent), { ...stored, repaired: [] })
  t.strictSame(take({ ...sent, status: 'firing' }), { ...stored, status: 'firing', endsAt: null, repaired: [] })
  t.strictSame(
    take({ ...sent, endsAt: began, annotations: {}, labels: {}, generatorURL: '' }),
    { ...stored, endsAt: time(began), annotations: {}, labels: {}, generatorURL: '', repaired: [] }
  )
  for (const nothing of [undefined, null]) {
    t.strictSame(take({ ...sent, annotations: nothing }), { ...stored, annotations: {}, repaired: [] })
  }
  t.strictSame(take({ ...sent, generatorURL: 7 }), { ...stored, generatorURL: '', repaired: [] })
})

t.test('what cannot be stored is refused, by its place and what is wrong', async t => {
  for (const [alert, reason, message] of [
    ...[null, 'alert', 7, [], undefined].map(alert => [alert, 'not_an_object', ' must be an object'] as const),
    ...['Firing', '', undefined].map(status =>
      [{ ...sent, status }, 'status', '/status must be firing or resolved'] as const),
    ...[undefined, null, [], 'a=b', { a: 1 }, { a: 'b', c: null }].map(labels =>
      [{ ...sent, labels }, 'labels', '/labels must be an object of strings'] as const),
    ...[undefined, '', '2026-02-30T00:00:00Z', 1769860800].map(startsAt => [
      { ...sent, startsAt },
      'starts_at',
      '/startsAt must be an RFC 3339 time between the years 1970 and 2999, such as 2026-01-31T12:00:00.123Z'
    ] as const),
    ...[7, null, {}, 'x'.repeat(65)].map(fingerprint => [
      { ...sent, fingerprint },
      'fingerprint',
      '/fingerprint must be a text of at most 64 characters'
    ] as const)
  ]) {
    t.strictSame(take(alert), { reason, message: `alerts/0${message}` }, JSON.stringify(alert))
  }
  t.match(take({ ...sent, fingerprint: 'x'.repeat(64) }), { fingerprint: 'x'.repeat(64), repaired: [] })
})

t.test('an end that is missing, or before the beginning, is when the webhook came, or the beginning', async t => {
  for (const [endsAt, startsAt, end] of [
    [undefined, began, now],
    ['nonsense', began, now],
    ['0001-01-01T00:00:00Z', began, now],
    ['2026-01-31T11:59:59.999999Z', began, began],
    [undefined, '2026-01-31T14:00:00.000001Z', '2026-01-31T14:00:00.000001Z'],
    [undefined, now, now]
  ] as const) {
    const taken = take({ ...sent, startsAt, endsAt })
    t.match(taken, { endsAt: time(end), repaired: ['ends_at'] }, `${endsAt} from ${textOf(time(startsAt))}`)
  }
})

t.test('a fingerprint that is not given is made of the labels', async t => {
  for (const fingerprint of [undefined, '']) {
    t.match(take({ ...sent, fingerprint }), { fingerprint: fingerprintOf(sent.labels), repaired: ['fingerprint'] })
  }
})

t.test('text that PostgreSQL cannot hold is mended, once for each alert', async t => {
  t.strictSame(take({
    ...sent,
    labels: { 'a\0': 'b\ud800c', pair: '😀' },
    annotations: { '\udfff': 'x\0' },
    fingerprint: 'f\0',
    generatorURL: '\0'
  }), {
    ...stored,
    labels: { 'a\ufffd': 'b\ufffdc', pair: '😀' },
    annotations: { '\ufffd': 'x\ufffd' },
    fingerprint: 'f\ufffd',
    generatorURL: '\ufffd',
    repaired: ['text']
  })
  t.strictSame(
    take({ ...sent, annotations: { count: 7, nested: { a: ['\ud800'] }, text: '' } }),
    { ...stored, annotations: { count: '7', nested: '{"a":["\\ud800"]}', text: '' }, repaired: ['annotations'] }
  )
  for (const annotations of [[], 'text', 7]) {
    t.strictSame(take({ ...sent, annotations }), { ...stored, annotations: {}, repaired: ['annotations'] })
  }
})

t.test('a name or severity that is too long to be found by is told of', async t => {
  for (const name of ['alertname', 'severity']) {
    const labels = (length: number) => ({ labels: { ...sent.labels, [name]: 'x'.repeat(length) } })
    t.strictSame(take({ ...sent, ...labels(longestName) }), { ...stored, ...labels(longestName), repaired: [] })
    t.strictSame(take({ ...sent, ...labels(301) }), { ...stored, ...labels(301), repaired: ['name'] })
  }
  t.match(take({ ...sent, labels: { other: 'x'.repeat(301) } }), { repaired: [] })
})

t.test('of a webhook, what can be stored is, each refusal has its place, and other fields are texts', async t => {
  const { webhook, refused, repaired } = takeIn({
    receiver: 'journal',
    groupKey: 'key\0',
    externalURL: 7,
    truncatedAlerts: 3,
    alerts: [sent, null, { ...sent, status: 'firing', fingerprint: '' }, { ...sent, status: 'gone' }]
  }, time(now))
  t.match(webhook, { receiver: 'journal', groupKey: 'key\ufffd', externalURL: '', truncatedAlerts: 3 })
  t.strictSame(webhook.alerts.map(({ status }) => status), ['resolved', 'firing'])
  t.strictSame(refused.map(({ reason, message }) => [reason, message.split(/[ /]/)[1]]), [
    ['not_an_object', '1'],
    ['status', '3']
  ])
  t.strictSame([...repaired].sort(), ['fingerprint', 'text'])
  for (const [truncatedAlerts, count] of [[0, 0], [-1, 0], [1.5, 0], ['3', 0], [2 ** 60, 0], [undefined, 0], [1, 1]]) {
    t.equal(takeIn({ truncatedAlerts, alerts: [] }, 0n).webhook.truncatedAlerts, count, `${truncatedAlerts}`)
  }
})
