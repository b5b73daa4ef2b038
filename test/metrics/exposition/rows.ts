import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createExposition } from '../../../src/metrics/exposition/exposition.js'
import { text004 } from '../../../src/metrics/exposition/format.js'
import type { Family } from '../../../src/metrics/family.js'
import { cut, secondsGrid } from '../../../src/metrics/grid.js'

/** The samples of a family, each time that it is called. */
function writer (catalogue: Catalogue, family: Family) {
  const { render } = createExposition(catalogue, [family], text004)
  return () => render().text.toString().split('\n').filter(line => line !== '' && !line.startsWith('#'))
}

t.test('what is under way is what began less what ended, and nothing where none of it is counted', async t => {
  const under = { name: 'under_way', help: 'Under way.', of: ['begun', 'joined'], minus: ['ended', 'left'] } as const
  const catalogue = new Catalogue()
  const write = writer(catalogue, { ...under, type: 'gauge', constant: { zone: 'a' } })
  t.strictSame(write(), [])
  const begun = catalogue.histogram('begun', ['route'], secondsGrid)
  t.strictSame(write(), ['under_way{zone="a"} 0'])
  begun.cell('/').record(1)
  begun.cell('/other').record(1)
  const joined = catalogue.value('joined').cell()
  joined.add(3)
  const ended = catalogue.value('ended').cell()
  ended.add(1)
  const left = catalogue.value('left').cell()
  left.add(2)
  t.strictSame(write(), ['under_way{zone="a"} 2'])
  ended.add(9)
  t.strictSame(write(), ['under_way{zone="a"} 0'], 'never less than none')
  joined.add(10)
  t.strictSame(write(), ['under_way{zone="a"} 3'], 'and it is read each time')
})

t.test('what was not recorded of all that there was counts as 0, and a count never shrinks', async t => {
  const catalogue = new Catalogue()
  const sizes = catalogue.histogram('sizes', [], secondsGrid).cell()
  const all = catalogue.value('all').cell()
  const unsized = catalogue.value('unsized').cell()
  const write = writer(catalogue, {
    name: 'size',
    type: 'histogram',
    help: 'Size.',
    of: ['sizes'],
    cut: cut(secondsGrid, [0.1, 1]),
    all: { of: ['all'], minus: ['unsized'] }
  })
  const counts = () => write().map(line => line.replace(/^size_/, '').replace(/bucket\{le="(.*)"\}/, '$1'))
  t.strictSame(counts(), ['0.1 0', '1 0', '+Inf 0', 'sum 0', 'count 0'])
  all.add(6)
  unsized.add(1)
  sizes.record(0.5)
  sizes.record(5)
  t.strictSame(counts(), ['0.1 3', '1 4', '+Inf 5', 'sum 5.5', 'count 5'])
  unsized.add(1)
  t.strictSame(counts(), ['0.1 3', '1 4', '+Inf 5', 'sum 5.5', 'count 5'])
  all.add(5)
  t.strictSame(counts(), ['0.1 7', '1 8', '+Inf 9', 'sum 5.5', 'count 9'])
})

t.test('series of the same labels are one, of none are left out, and some are there from the start', async t => {
  const catalogue = new Catalogue()
  const things = catalogue.value('things', ['kind', 'secret'])
  const more = catalogue.value('more')
  const write = writer(catalogue, {
    name: 'things_total',
    type: 'counter',
    help: 'Things.',
    of: ['things', 'more'],
    start: [{ kind: 'a' }, { kind: 'z' }],
    labels: ({ kind = 'none', secret }, of) => secret === 'yes' ? undefined : { kind, of }
  })
  t.strictSame(write(), ['things_total{kind="a"} 0', 'things_total{kind="z"} 0'])
  things.cell('b', 'no').add(2)
  things.cell('b', 'yes').add(40)
  things.cell('b', 'perhaps').add(3)
  things.cell('b', '').add(4)
  more.cell().add(1)
  const first = ['things_total{kind="a"} 0', 'things_total{kind="z"} 0', 'things_total{kind="b",of="things"} 9']
  t.strictSame(write(), [...first, 'things_total{kind="none",of="more"} 1'])
  things.cell('c', '').add(5)
  t.strictSame(
    write(),
    [...first, 'things_total{kind="none",of="more"} 1', 'things_total{kind="c",of="things"} 5'],
    'what is new comes last'
  )
})

t.test('a number is a count or a sum of what a histogram recorded', async t => {
  const catalogue = new Catalogue()
  const cell = catalogue.histogram('durations', [], secondsGrid).cell()
  cell.record(0.5)
  cell.record(2)
  const common = { type: 'counter', help: 'Durations.', of: ['durations'] } as const
  for (const [read, line] of [[undefined, 'n 2'], ['count', 'n 2'], ['sum', 'n 2.5']] as const) {
    t.strictSame(writer(catalogue, { ...common, name: 'n', ...read && { read } })(), [line])
  }
})
