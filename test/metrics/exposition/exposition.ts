import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { Catalogue, overflow } from '../../../src/metrics/catalogue.js'
import { createExposition } from '../../../src/metrics/exposition/exposition.js'
import { text004 } from '../../../src/metrics/exposition/format.js'
import type { Family } from '../../../src/metrics/family.js'
import { cut, secondsGrid } from '../../../src/metrics/grid.js'
import { histogramsOf, keyOf, numbersOf, parse } from '../../fixtures/exposition.js'

const durations: Family = {
  name: 'duration_seconds',
  type: 'histogram',
  help: 'Durations.',
  of: ['durations'],
  cut: cut(secondsGrid, [0.1, 1])
}
const things: Family = { name: 'things_total', type: 'counter', help: 'Things.', of: ['things'] }

t.test('a histogram is written with its buckets, sum and count', async t => {
  const catalogue = new Catalogue()
  const instrument = catalogue.histogram('durations', ['route'], secondsGrid)
  for (const value of [0.05, 0.1, 0.5, 2]) instrument.cell('/').record(value)
  t.equal(createExposition(
    catalogue,
    [durations],
    text004
  ).render().text.toString(), `# HELP duration_seconds Durations.
# TYPE duration_seconds histogram
duration_seconds_bucket{route="/",le="0.1"} 2
duration_seconds_bucket{route="/",le="1"} 3
duration_seconds_bucket{route="/",le="+Inf"} 4
duration_seconds_sum{route="/"} 2.65
duration_seconds_count{route="/"} 4
`)
})

t.test('numbers are the value of a value cell, or the count or sum of a histogram', async t => {
  const catalogue = new Catalogue()
  catalogue.value('things').cell().add(3)
  const instrument = catalogue.histogram('durations', [], secondsGrid)
  instrument.cell().record(0.25)
  instrument.cell().record(0.5)
  const number = (name: string, read?: 'count' | 'sum'): Family => ({
    name,
    type: 'counter',
    help: 'x',
    of: [name.startsWith('things') ? 'things' : 'durations'],
    ...read && { read }
  })
  const parsed = parse(
    createExposition(
      catalogue,
      [number('things_total'), number('count_total', 'count'), number('sum_total', 'sum')],
      text004
    ).render().text
  )
  t.strictSame([...parsed.values()].map(({ samples }) => samples[0]?.value), [3, 2, 0.75])
})

t.test('cells that get the same labels, of several instruments too, add up; with none they are left out', async t => {
  const catalogue = new Catalogue()
  const one = catalogue.value('one', ['kind', 'place'])
  const other = catalogue.value('other', ['kind'])
  one.cell('a', 'x').add(1)
  one.cell('a', 'y').add(2)
  one.cell('hidden', 'y').add(100)
  const family: Family = {
    name: 'all_total',
    type: 'counter',
    help: 'x',
    of: ['one', 'other', 'unknown'],
    labels: ({ kind = '' }) => kind === 'hidden' ? undefined : { kind },
    start: [{ kind: 'c' }]
  }
  const exposition = createExposition(catalogue, [family], text004)
  const read = () => numbersOf(parse(exposition.render().text).get('all_total'))
  t.strictSame(read(), { [keyOf({ kind: 'c' })]: 0, [keyOf({ kind: 'a' })]: 3 })
  other.cell('a').add(4)
  other.cell('b').add(5)
  t.strictSame(read(), { [keyOf({ kind: 'c' })]: 0, [keyOf({ kind: 'a' })]: 7, [keyOf({ kind: 'b' })]: 5 })
})

t.test('a family without series is not written, and one that starts at 0 is', async t => {
  const catalogue = new Catalogue()
  catalogue.value('things', ['a'])
  t.equal(createExposition(catalogue, [things], text004).render().text.length, 0)
  t.equal(
    createExposition(catalogue, [{ ...things, of: [], start: [{}] }], text004).render().text.toString(),
    '# HELP things_total Things.\n# TYPE things_total counter\nthings_total 0\n'
  )
  const [series] = Object.values(histogramsOf(parse(
    createExposition(catalogue, [{ ...durations, start: [{}] }], text004).render().text
  ).get('duration_seconds')))
  t.strictSame(series, { labels: {}, buckets: { 0.1: 0, 1: 0, '+Inf': 0 }, sum: 0, count: 0 })
})

t.test('whatever is recorded between them, each rendering tells all that has been recorded by then', async t => {
  const record = fc.record({
    label: fc.constantFrom('a', 'b', 'c'),
    value: fc.integer({ max: 2 ** 22, min: 0 }).map(value => value / 2 ** 20),
    render: fc.boolean()
  })
  fc.assert(fc.property(fc.array(record), records => {
    const catalogue = new Catalogue()
    const histogram = catalogue.histogram('durations', ['label'], secondsGrid)
    const value = catalogue.value('things', ['label'])
    const exposition = createExposition(catalogue, [durations, things], text004)
    const byLabel = new Map<string, number[]>()
    for (const { label, value: recorded, render } of [...records, { label: 'a', value: 0, render: true }]) {
      histogram.cell(label).record(recorded)
      value.cell(label).add(recorded)
      byLabel.set(label, [...byLabel.get(label) ?? [], recorded])
      if (!render) continue
      const text = exposition.render().text
      const parsed = parse(text)
      if (text.length % 2 === 0) exposition.recycle(text)
      const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
      assert.deepEqual(
        numbersOf(parsed.get('things_total')),
        Object.fromEntries([...byLabel].map(([label, values]) => [keyOf({ label }), total(values)]))
      )
      const histograms = histogramsOf(parsed.get('duration_seconds'))
      assert.deepEqual(histograms, Object.fromEntries([...byLabel].map(([label, values]) => {
        const upTo = (bound: number) => values.filter(value => value <= bound).length
        return [
          keyOf({ label }),
          {
            labels: { label },
            buckets: { 0.1: upTo(0.1), 1: upTo(1), '+Inf': values.length },
            sum: total(values),
            count: values.length
          }
        ]
      })))
    }
  }))
})

t.test('what was handed out stays as it was until it is given back, then its memory is used again', async t => {
  const catalogue = new Catalogue()
  const cell = catalogue.histogram('durations', ['route'], secondsGrid).cell('/')
  catalogue.value('things').cell().add(1)
  const exposition = createExposition(catalogue, [durations, things], text004)
  const first = exposition.render().text
  const text = first.toString()
  t.equal(exposition.render().text.toString(), text)
  cell.record(0.5)
  const third = exposition.render('rest 1\n').text
  t.not(third.toString(), text)
  t.match(third.toString(), /\nrest 1\n$/)
  t.equal(first.toString(), text)
  exposition.recycle(first)
  const fourth = exposition.render().text
  t.equal(fourth.buffer, first.buffer)
  t.equal(`${fourth.toString()}rest 1\n`, third.toString())
  exposition.recycle(fourth)
  t.not(exposition.render().text.buffer, fourth.buffer, 'the last text is what the next is copied from')
  t.equal(exposition.render().text.buffer, fourth.buffer)
  t.equal(createExposition(catalogue, [durations, things], text004).render().text.toString(), fourth.toString())
})

t.test('hostile label values come out escaped and distinct', async t => {
  const check = (labels: string[]) => {
    const catalogue = new Catalogue({ maxSeries: 100_000 })
    const instrument = catalogue.value('things', ['label'])
    labels.forEach((label, index) => { instrument.cell(label).set(index) })
    const exposition = createExposition(catalogue, [things], text004)
    exposition.render()
    labels.forEach((label, index) => { instrument.cell(label).set(index + 1) })
    const samples = parse(exposition.render().text).get('things_total')?.samples ?? []
    assert.deepEqual(samples.map(({ labels: { label } }) => label), labels.map(escapeSurrogates))
    assert.deepEqual(samples.map(({ value }) => value), labels.map((_, index) => index + 1))
  }
  const unit = fc.oneof(
    fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\r',
      ',',
      '{',
      '}',
      '=',
      ' ',
      '\0',
      '\u2028',
      'ü',
      '한',
      '👾',
      '\ud800',
      '\udfff',
      'n'
    ),
    fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit))
  )
  fc.assert(fc.property(
    fc.uniqueArray(fc.array(unit).map(units => units.join('')), { minLength: 1, selector: escapeSurrogates }),
    check
  ))
  check([
    '',
    '"',
    '\\',
    '\n',
    '\\n',
    '\\"',
    '\\\n',
    '"} 1\nthings_total{label="',
    '\ud800',
    '\ud801',
    '\ufffd',
    '\udc00\ud800',
    '\ud83d\udc7e'
  ])
})

t.test('labels that no reader could tell apart are added up', async t => {
  const catalogue = new Catalogue()
  const instrument = catalogue.value('things', ['label'])
  instrument.cell('\ud800').add(1)
  instrument.cell('\\ud800').add(2)
  t.strictSame(
    numbersOf(parse(createExposition(catalogue, [things], text004).render().text).get('things_total')),
    { [keyOf({ label: '\\ud800' })]: 3 }
  )
})

/** UTF-8 cannot hold half a pair of surrogates. */
function escapeSurrogates (label: string): string {
  return label.replace(/\p{Surrogate}/gu, half => `\\u${half.charCodeAt(0).toString(16)}`)
}

t.test('help is one line', async t => {
  const catalogue = new Catalogue()
  catalogue.value('things').cell()
  t.match(
    createExposition(catalogue, [{ ...things, help: 'One\\two\nthree' }], text004).render().text.toString(),
    /^# HELP things_total One\\\\two\\nthree\n# TYPE/
  )
})

t.test('numbers not finite, large or exact to the last digit are written as Prometheus reads them', async t => {
  const catalogue = new Catalogue()
  const instrument = catalogue.value('things', ['label'])
  const values = [Infinity, -Infinity, NaN, 0, -1.5, 1e-9, 1e21, 0.1 + 0.2, 2 ** 53 - 1]
  values.forEach((value, index) => { instrument.cell(`${index}`).set(value) })
  const text = createExposition(catalogue, [{ ...things, type: 'gauge' }], text004).render().text.toString()
  t.match(text, /\} \+Inf\n.*\} -Inf\n.*\} NaN\n/)
  t.strictSame(parse(text).get('things_total')?.samples.map(({ value }) => value), values)
})

t.test('counts are written to the last digit after 10^9 records and more', async t => {
  const catalogue = new Catalogue()
  const cell = catalogue.histogram('durations', [], secondsGrid).cell()
  const { slots, at } = cell.part
  slots[at] = slots[at + 2] = 2 ** 53 - 2
  cell.record(0)
  t.match(
    createExposition(catalogue, [durations], text004).render().text.toString(),
    /le="0\.1"\} 9007199254740991\n[^]*_count 9007199254740991\n/
  )
})

t.test('past the cap, the overflow series is written like the others', async t => {
  const catalogue = new Catalogue({ maxSeries: 2 })
  const instrument = catalogue.value('things', ['label'])
  for (let index = 0; index < 1000; index++) instrument.cell(`${index}`).add(1)
  t.equal(catalogue.folded, 998)
  t.strictSame(
    numbersOf(parse(createExposition(catalogue, [things], text004).render().text).get('things_total')),
    { [keyOf({ label: '0' })]: 1, [keyOf({ label: '1' })]: 1, [keyOf({ label: overflow })]: 998 }
  )
})

t.test('a rendering allocates little more than it returns, and next to nothing when little has changed', async t => {
  const gc = collector()
  const catalogue = new Catalogue()
  const instrument = catalogue.histogram('durations', ['route'], secondsGrid)
  const cells = Array.from({ length: 2000 }, (_, index) => instrument.cell(`/route/${index}`))
  const family: Family = { ...durations, cut: cut(secondsGrid, secondsGrid) }
  const exposition = createExposition(catalogue, [family], text004)
  const render = (changed: number) => {
    for (const cell of cells.slice(0, changed)) cell.record(0.02)
    gc()
    const before = process.memoryUsage()
    const text = exposition.render().text
    const after = process.memoryUsage()
    exposition.recycle(text)
    return { text: text.length, allocated: after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers }
  }
  for (let i = 0; i < 5; i++) render(cells.length)
  const all = render(cells.length)
  t.ok(all.allocated < 5 * all.text, `${all.allocated} bytes for a text of ${all.text}`)
  render(20)
  const few = render(20)
  t.ok(few.allocated < 0.5 * few.text, `${few.allocated} bytes for a text of ${few.text}, when 1 % has changed`)
})

t.test('a small text is kept for the next rendering, a large one only while memory is not wanted', async t => {
  const gc = collector()
  for (const [count, isKept] of [[100, true], [60_000, false]] as const) {
    const catalogue = new Catalogue({ maxSeries: 100_000 })
    const things = catalogue.value('things', ['label'])
    for (let n = 0; n < count; n++) things.cell(`${n} ${'x'.repeat(60)}`).add(n)
    const family: Family = { name: 'things', type: 'gauge', help: 'Things.', of: ['things'] }
    const exposition = createExposition(catalogue, [family], text004)
    const first = new WeakRef(exposition.render().text)
    // What is held weakly is held until the turn is over.
    await nextTurn()
    gc()
    t.equal(first.deref() !== undefined, isKept, `${count} series`)
    things.cell('new').add(1)
    t.ok(exposition.render().text.equals(createExposition(catalogue, [family], text004).render().text), 'it is right')
  }
})

t.test('what is under way is what has begun without what has ended, and never less than nothing', async t => {
  const catalogue = new Catalogue()
  const begun = catalogue.value('begun', ['route'])
  const ended = catalogue.value('ended', ['route'])
  const left = catalogue.value('left', ['route'])
  const minus = ['ended', 'left']
  const family: Family = { name: 'under_way', type: 'gauge', help: 'Under way.', of: ['begun'], minus }
  const exposition = createExposition(catalogue, [family], text004)
  const read = () => numbersOf(parse(exposition.render().text).get('under_way'))['[]']
  for (const route of ['/a', '/b']) begun.cell(route).add(3)
  t.equal(read(), 6)
  ended.cell('/a').add(2)
  left.cell('/b').add(1)
  t.equal(read(), 3)
  ended.cell('/b').add(4)
  t.equal(read(), 0)
})

function collector (): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
