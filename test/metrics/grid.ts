import t from 'tap'
import { bytesGrid, countsGrid, cut, secondsGrid } from '../../src/metrics/grid.js'

t.test('a cut is places in the grid and how their bounds are written', async t => {
  t.strictSame(cut([1, 2, 4], [1, 4]), { grid: [1, 2, 4], places: [0, 2], texts: ['1', '4'] })
  t.strictSame(cut([1, 2, 4], [2], bound => bound.toFixed(1)), { grid: [1, 2, 4], places: [1], texts: ['2.0'] })
  t.strictSame(cut([1, 2], []), { grid: [1, 2], places: [], texts: [] })
})

t.test('a cut of what the grid has not, or in another order, is refused with the bound', async t => {
  t.throws(() => cut([1, 2], [3]), { name: 'RangeError', message: '3 is not a bound of the grid 1 2' })
  t.throws(() => cut([1, 2], [2, 1]), { name: 'RangeError', message: /2 comes before 1/ })
  t.throws(() => cut([1, 2], [1, 1]), RangeError)
})

t.test('the grids rise', async t => {
  for (const grid of [
    secondsGrid,
    bytesGrid,
    countsGrid
  ]) t.strictSame(grid, [...new Set(grid)].sort((one, other) => one - other))
})
