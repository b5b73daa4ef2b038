import { HistogramCell, ValueCell, type Cell } from '../metrics/cell.js'
import type { Family } from '../metrics/family.js'
import { ownFamily } from '../metrics/own-family.js'
import { KeyedSeries, type CatalogueView, type Growth, type InstrumentView } from '../metrics/catalogue-view.js'

/** A copy of main's catalogue, over the memory that both threads share. It grows by what main tells it. */
export class Mirror implements CatalogueView {
  readonly instruments = new Map<string, InstrumentView & { series: Array<KeyedSeries<Cell>> }>()
  readonly own: Family[] = []
  readonly #slabs: Float64Array[] = []

  grow (growth: Growth): void {
    if ('memory' in growth) {
      this.#slabs.push(new Float64Array(growth.memory))
    } else if ('family' in growth) {
      this.own.push(ownFamily(growth.family))
    } else if ('instrument' in growth) {
      const { instrument: name, labelNames, grid } = growth
      this.instruments.set(name, { name, labelNames, grid, series: [] })
    } else {
      const instrument = this.instruments.get(growth.of)
      const part = { slots: this.#slabs[growth.slab] as Float64Array, at: growth.at }
      instrument?.series.push(
        new KeyedSeries(
          growth.key,
          instrument.grid === undefined ? new ValueCell(part) : new HistogramCell(part, instrument.grid)
        )
      )
    }
  }
}
