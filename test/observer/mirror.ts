import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { familiesOf } from '../../src/metrics/naming/index.js'
import { heldBy, type CatalogueView } from '../../src/metrics/catalogue-view.js'
import { Mirror } from '../../src/observer/mirror.js'
import { createInstruments, recordEverything } from '../fixtures/instruments.js'

const textOf = (view: CatalogueView) =>
  createExposition(view, [...familiesOf([]), ...view.own], text004).render().text.toString()

/** What a thread is told is copied, but the memory, which both share. */
function follow (catalogue: Catalogue) {
  const mirror = new Mirror()
  return { mirror, unfollow: catalogue.follow(growth => { mirror.grow(structuredClone(growth)) }) }
}

/** Makes and records so many series that they take several slabs of memory. */
function recordMuch (catalogue: Catalogue, instruments: ReturnType<typeof createInstruments>, from: number): void {
  for (let count = from; count < from + 60; count++) {
    recordEverything(instruments, { route: `/${count}`, query: `query_${count}` }, name => name.length + count)
  }
  const orders = catalogue.value(`orders_${from}_total`, ['kind'])
  const weight = catalogue.histogram(`weight_${from}_kilograms`, [], [1, 5])
  catalogue.serve({ name: `orders_${from}_total`, type: 'counter', help: 'Orders' })
  catalogue.serve({ name: `weight_${from}_kilograms`, type: 'histogram', help: 'Weight', buckets: [1, 5] })
  orders.cell('late').add(3)
  weight.cell().record(2)
}

t.test('another thread reads all that there was before it was told of any, and all that is made later', async t => {
  const catalogue = new Catalogue()
  const instruments = createInstruments(catalogue)
  recordMuch(catalogue, instruments, 0)
  const { mirror } = follow(catalogue)
  t.equal(textOf(mirror), textOf(catalogue), 'before')
  recordMuch(catalogue, instruments, 60)
  t.equal(textOf(mirror), textOf(catalogue), 'later')
  recordEverything(instruments, {}, name => 7 * name.length)
  t.equal(textOf(mirror), textOf(catalogue), 'what is only recorded is not told of')
  t.match(textOf(mirror), /^orders_60_total\{kind="late"\} 3$/m)
  t.match(textOf(mirror), /^weight_0_kilograms_bucket\{le="5"\} 1$/m)
  t.equal(heldBy(mirror), catalogue.held)
})

t.test('it is told of nothing more once it does not follow', async t => {
  const catalogue = new Catalogue()
  const things = catalogue.value('things', ['label'])
  const { mirror, unfollow } = follow(catalogue)
  const other = follow(catalogue)
  unfollow()
  things.cell('one').add(1)
  catalogue.value('others').cell()
  t.strictSame([...mirror.instruments].map(([name, { series }]) => [name, series.length]), [['things', 0]])
  t.equal(heldBy(other.mirror), 2, 'and the rest goes on')
})
