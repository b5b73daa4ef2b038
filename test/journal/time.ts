import t from 'tap'
import { assertId, assertRange, isId } from '../../src/journal/constraints.js'
import { decodeCursor, encodeCursor } from '../../src/journal/cursor.js'
import { fingerprintOf } from '../../src/journal/fingerprint.js'
import { exclude, labelsOf } from '../../src/journal/labels.js'
import { parseTime, textOf } from '../../src/journal/time.js'

t.test('a time is read to the microsecond, rounded, in any zone', async t => {
  for (const [text, utc] of [
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31T12:00:00.1Z', '2026-01-31T12:00:00.100000Z'],
    ['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123456Z'],
    ['2026-01-31T12:00:00.123456499Z', '2026-01-31T12:00:00.123456Z'],
    ['2026-01-31T12:00:00.1234565Z', '2026-01-31T12:00:00.123457Z'],
    ['2026-01-31T12:00:00.999999999Z', '2026-01-31T12:00:01.000000Z'],
    ['2026-01-31T23:30:00-01:00', '2026-02-01T00:30:00.000000Z'],
    ['2026-01-31T12:00:00+14:59', '2026-01-30T21:01:00.000000Z'],
    ['2024-02-29T00:00:00.5+00:00', '2024-02-29T00:00:00.500000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000Z'],
    ['1970-01-01T00:00:00.25+01:00', '1969-12-31T23:00:00.250000Z'],
    ['2999-12-31T23:59:59.999999Z', '2999-12-31T23:59:59.999999Z']
  ] as const) t.equal(textOf(parseTime(text) as bigint), utc, text)
})

t.test('what is no time between 1970 and 2999 is none', async t => {
  for (const text of [
    '1969-12-31T23:59:59Z', '3000-01-01T00:00:00Z', '2026-02-29T00:00:00Z', '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-31T25:00:00Z',
    '2026-01-31T12:60:00Z', '2026-01-31T12:00:60Z', '2026-01-31T12:00:00', '2026-01-31T12:00:00+15:00',
    '2026-01-31T12:00:00+01:60', '2026-01-31T12:00:00.Z', '2026-01-31T12:00:00.1234567890Z', '2026-01-31 12:00:00Z',
    ' 2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z ', '2026-01-31', '', undefined, null, 1769860800000
  ]) t.equal(parseTime(text), undefined, `${text}`)
})

t.test('a cursor is what its page ended with, and nothing else is one', async t => {
  const position = { startsAt: '2026-01-31T12:00:00.123456Z', id: '42' }
  t.strictSame(decodeCursor(encodeCursor(position)), position)
  t.match(encodeCursor(position), /^[\w-]+$/, 'safe in a URL')
  for (const other of [
    { ...position, id: '0' },
    { ...position, id: '' },
    { ...position, id: '1/2' },
    { ...position, id: '9223372036854775808' },
    { ...position, startsAt: '' },
    { ...position, startsAt: '2026-02-30T12:00:00.123456Z' },
    { ...position, startsAt: '2026-13-31T12:00:00.123456Z' },
    { ...position, startsAt: '2026-01-31T12:00:00.123Z' },
    { ...position, startsAt: '0026-01-31T12:00:00.123456Z' },
    { ...position, startsAt: ' 2026-01-31T12:00:00.123456Z' },
    { ...position, startsAt: '2026-01-31T12:00:00.123456Z ' }
  ]) t.throws(() => decodeCursor(encodeCursor(other)), { message: /is not a cursor of this service/ }, other.startsAt)
  for (const text of ['', 'x', `${encodeCursor(position)}=`, ` ${encodeCursor(position)}`]) {
    t.throws(() => decodeCursor(text), { message: /^querystring\/cursor is not a cursor .* send the "next" / }, text)
  }
})

t.test('an id is what PostgreSQL\'s bigint can hold', async t => {
  for (const id of ['1', '42', '9223372036854775807']) {
    t.ok(isId(id), id)
    assertId(id)
  }
  for (const id of ['0', '01', '-1', '1.5', '', ' 1', '1 ', '9223372036854775808', '10000000000000000000', '1e3']) {
    t.notOk(isId(id), id)
    t.throws(() => assertId(id), {
      message: `params/id must be a whole number from 1 to 9223372036854775807, but is "${id}"`,
      reason: 'params/id must be a whole number from 1 to 9223372036854775807'
    })
  }
})

t.test('a range of time has a beginning before its end, as far as it has both', async t => {
  const [early, late] = ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.001Z']
  for (const range of [{}, { from: late }, { to: early }, { from: early, to: late }]) assertRange(range)
  for (const range of [{ from: late, to: early }, { from: early, to: early }]) {
    t.throws(
      () => assertRange(range),
      {
        message: 'querystring/from must be at least a millisecond before querystring/to, ' +
          `but they are "${range.from}" and "${range.to}"`,
        reason: 'querystring/from must be at least a millisecond before querystring/to'
      }
    )
  }
})

t.test('a fingerprint is Alertmanager\'s', async t => {
  // https://github.com/prometheus/common/blob/main/model/signature_test.go
  for (const [labels, signature] of [
    [{}, 14695981039346656037n],
    [{ name: 'garland, briggs', fear: 'love is not enough' }, 5799056148416392346n]
  ] as const) t.equal(fingerprintOf(labels), signature.toString(16).padStart(16, '0'))
  t.equal(fingerprintOf({ b: '1', a: '2' }), fingerprintOf({ a: '2', b: '1' }), 'in any order')
  // By bytes: U+1F600 comes after U+FF01, other than by the units of UTF-16.
  t.equal(fingerprintOf({ '😀': '1', '！': '2' }), fingerprintOf({ '！': '2', '😀': '1' }))
  t.equal(new Set([{ a: 'bc' }, { ab: 'c' }, { a: 'b', c: '' }].map(labels => fingerprintOf(labels))).size, 3)
  for (let n = 0; n < 300; n++) t.match(fingerprintOf({ n: `${n}` }), /^[\da-f]{16}$/)
})

t.test('name and severity are labels, and a label has one value', async t => {
  t.strictSame(labelsOf({}), {})
  t.strictSame(
    labelsOf({ name: 'Down', severity: '', label: ['team=a=b', 'empty='] }),
    { team: 'a=b', empty: '', alertname: 'Down', severity: '' }
  )
  t.strictSame(labelsOf({ name: '' }), {})
  for (const [filter, none] of [
    [{}, false],
    [{ label: ['a=1', 'b=2'] }, false],
    [{ label: ['a=1', 'a=1'] }, false],
    [{ label: ['a=1', 'a=2'] }, true],
    [{ name: 'Down', label: ['alertname=Down'] }, false],
    [{ name: 'Down', label: ['alertname=Slow'] }, true],
    [{ severity: 'critical', label: ['severity=warning', 'a=1'] }, true]
  ] as const) t.equal(exclude(filter as Parameters<typeof exclude>[0]), none, JSON.stringify(filter))
})
