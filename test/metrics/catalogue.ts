import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Catalogue, overflow } from '../../src/metrics/catalogue.js'
import { secondsGrid } from '../../src/metrics/grid.js'

const text = fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units))

t.test('the same label values have the same cell, and others another', async t => {
  fc.assert(fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: pair => JSON.stringify(pair) }), pairs => {
    const instrument = new Catalogue().value('things', ['a', 'b'])
    const cells = pairs.map(pair => instrument.cell(...pair))
    assert.equal(new Set(cells).size, pairs.length)
    assert.ok(pairs.every((pair, index) => instrument.cell(...pair) === cells[index]))
    assert.deepEqual(instrument.series.map(({ labels }) => labels), pairs)
  }))
})

t.test('label values that look alike when put together are kept apart', async t => {
  const instrument = new Catalogue().value('things', ['a', 'b'])
  const cells = [
    ['x|', 'y'],
    ['x', '|y'],
    ['x","y', ''],
    ['x', '","y'],
    ['', ''],
    ['\ud800', ''],
    ['\udfff', ''],
    ['\\ud800', '']
  ].map(labels => instrument.cell(...labels))
  t.equal(new Set(cells).size, cells.length)
})

t.test('past the cap, new label values of an instrument share one series, and are counted', async t => {
  const catalogue = new Catalogue({ maxSeries: 3 })
  const requests = catalogue.histogram('requests', ['method', 'route'], secondsGrid)
  const errors = catalogue.value('errors', ['type'])
  const known = requests.cell('GET', '/')
  requests.cell('GET', '/a')
  errors.cell('TypeError')
  t.equal(catalogue.folded, 0)

  const rest = requests.cell('GET', '/b')
  t.equal(requests.cell('GET', '/c'), rest)
  t.equal(requests.cell('GET', '/'), known)
  errors.cell('RangeError').add(1)
  errors.cell('SyntaxError').add(1)

  t.equal(catalogue.held, 5, 'those that take the rest are held, too')
  t.equal(catalogue.folded, 4)
  errors.cell('RangeError')
  t.equal(catalogue.folded, 4, 'one that is asked for again is not another')
  t.strictSame(requests.series.map(({ labels }) => labels), [['GET', '/'], ['GET', '/a'], [overflow, overflow]])
  t.strictSame(errors.series.map(({ labels, cell }) => [...labels, cell.value]), [['TypeError', 0], [overflow, 2]])
})

t.test('whatever the label values, an instrument has at most one series past the cap and loses no count', async t => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.string()), (maxSeries, labels) => {
    const catalogue = new Catalogue({ maxSeries })
    const instrument = catalogue.value('things', ['label'])
    for (const label of labels) instrument.cell(label).add(1)
    assert.ok(instrument.series.length <= maxSeries + 1)
    assert.equal(instrument.series.reduce((sum, { cell }) => sum + cell.value, 0), labels.length)
  }))
})

t.test('series in whose labels no client has a say do not count towards the cap', async t => {
  const catalogue = new Catalogue({ maxSeries: 1 })
  const spaces = catalogue.value('spaces', ['space'], { capped: false })
  const routes = catalogue.value('routes', ['route'])
  for (const name of ['one', 'other']) spaces.cell(name)
  for (const name of ['/a', '/b']) routes.cell(name)
  spaces.cell('third')
  t.strictSame(spaces.series.map(({ labels }) => labels), [['one'], ['other'], ['third']])
  t.strictSame(routes.series.map(({ labels }) => labels), [['/a'], [overflow]])
})

t.test('misuse is refused with the value', async t => {
  const catalogue = new Catalogue()
  const instrument = catalogue.value('things', ['a'])
  t.throws(() => catalogue.histogram('things', [], secondsGrid), { name: 'TypeError', message: /named things/ })
  t.throws(() => instrument.cell(), { name: 'TypeError', message: /labels a, but got 0/ })
  t.throws(() => instrument.cell('x', 'y'), TypeError)
  for (const label of [undefined, null, 1]) {
    t.throws(() => instrument.cell(label as unknown as string), {
      name: 'TypeError',
      message: `The label a of things must be a string, but is ${label}`
    })
  }
  for (const maxSeries of [0, -1, 1.5, NaN]) {
    t.throws(() => new Catalogue({ maxSeries }), {
      name: 'RangeError',
      message: new RegExp(`is ${maxSeries}`)
    })
  }
})

t.test('refreshing calls each refresher', async t => {
  const catalogue = new Catalogue()
  const called: string[] = []
  catalogue.onRefresh(() => { called.push('one') })
  catalogue.onRefresh(() => { called.push('other') })
  catalogue.refresh()
  t.strictSame(called, ['one', 'other'])
})

t.test('a refresher that throws keeps no other from being called, and is counted', async t => {
  const catalogue = new Catalogue()
  let called = 0
  catalogue.onRefresh(() => { throw new Error('broken') })
  catalogue.onRefresh(() => { called++ })
  catalogue.refresh()
  catalogue.refresh()
  t.strictSame([called, catalogue.refreshErrors], [2, 2])
})
