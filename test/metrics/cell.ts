import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { HistogramCell, ValueCell } from '../../src/metrics/cell.js'
import { bytesGrid, secondsGrid } from '../../src/metrics/grid.js'
import { Memory } from '../../src/metrics/memory.js'

const newHistogram = (grid = secondsGrid) =>
  new HistogramCell(new Memory().allocate(HistogramCell.slotsFor(grid)), grid)
const buckets = (cell: HistogramCell) => Array.from({ length: cell.grid.length + 1 }, (_, place) => cell.bucket(place))

t.test('a value goes to the first bucket whose bound is not below it', async t => {
  for (const grid of [secondsGrid, bytesGrid]) {
    grid.forEach((bound, place) => {
      const cell = newHistogram(grid)
      cell.record(bound)
      cell.record(bound + Number.EPSILON * bound)
      t.equal(buckets(cell)[place], bound === 0 ? 2 : 1, `${bound}`)
      if (bound !== 0) t.equal(buckets(cell)[place + 1], 1, `just above ${bound}`)
    })
  }
})

t.test('any sequence of values is counted and summed as a list of them is', async t => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.double(), fc.constantFrom(...secondsGrid))), values => {
    const cell = newHistogram()
    for (const value of values) cell.record(value)
    const kept = values.map(value => value >= 0 ? value : 0)
    const bounds = [-Infinity, ...secondsGrid, Infinity]
    assert.deepEqual(
      buckets(cell),
      bounds.slice(1).map((bound, index) => kept.filter(value => value <= bound &&
        value > (bounds[index] as number)).length)
    )
    assert.equal(cell.count, values.length)
    assert.equal(cell.sum, kept.reduce((sum, value) => sum + value, 0))
  }))
})

t.test('what is negative or not a number is recorded as 0', async t => {
  const cell = newHistogram()
  for (const value of [-1, -Infinity, NaN]) cell.record(value)
  t.equal(buckets(cell)[0], 3)
  t.equal(cell.sum, 0)
})

t.test('what is infinite is above every bound', async t => {
  const cell = newHistogram()
  cell.record(Infinity)
  t.equal(buckets(cell).at(-1), 1)
  t.equal(cell.sum, Infinity)
})

t.test('counts are exact up to 2^53', async t => {
  const cell = newHistogram()
  const { slots, at } = cell.part
  slots[at] = slots[at + 2] = 2 ** 53 - 2
  cell.record(0)
  t.equal(cell.count, 2 ** 53 - 1)
  t.equal(buckets(cell)[0], 2 ** 53 - 1)
  const counter = new ValueCell(new Memory().allocate(1))
  counter.set(2 ** 53 - 2)
  counter.add(1)
  t.equal(counter.value, 2 ** 53 - 1)
})

t.test('cells lie in shared memory and do not touch each other', async t => {
  const memory = new Memory()
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 8192 }), { maxLength: 20 }), sizes => {
    const parts = sizes.map(size => memory.allocate(size))
    parts.forEach(({ slots, at }, index) => slots.fill(index + 1, at, at + (sizes[index] as number)))
    parts.forEach(({ slots, at }, index) => {
      const part = slots.subarray(at, at + (sizes[index] as number))
      assert.ok(part.buffer instanceof SharedArrayBuffer)
      assert.equal(part.length, sizes[index])
      assert.ok(part.every(value => value === index + 1))
    })
  }), { numRuns: 20 })
  t.throws(() => memory.allocate(0), RangeError)
  t.throws(() => memory.allocate(8193), { message: /not 8193/ })
})

t.test('cells share a slab of memory as long as they fit into it', async t => {
  const memory = new Memory()
  for (const size of [1, 8190, 1]) memory.allocate(size)
  t.equal(memory.slabs.length, 1)
  memory.allocate(1)
  t.equal(memory.slabs.length, 2)
  memory.allocate(8192)
  t.equal(memory.slabs.length, 3)
})
