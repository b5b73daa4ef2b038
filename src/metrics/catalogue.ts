import { HistogramCell, ValueCell, type Cell } from './cell.js'
import { Memory } from './memory.js'

/** What each label is in the series that takes what is past the cap. */
export const overflow = '__overflow__'

/** Label values past the cap that are remembered, so that each is counted once. */
const mostFolded = 10_000

/** A cell and what it means: the values of its instrument's labels, in their order. */
export interface Series<C extends Cell = Cell> {
  readonly labels: readonly string[]
  readonly cell: C
}

/** Holds its labels as the text that they are known by, which is a third of the size of an array of them. */
class HeldSeries<C extends Cell> implements Series<C> {
  readonly #key: string
  readonly cell: C

  constructor (key: string, cell: C) {
    this.#key = key
    this.cell = cell
  }

  get labels (): readonly string[] {
    return JSON.parse(this.#key)
  }
}

/** Cells that measure the same thing, told apart by labels. */
export interface Instrument<C extends Cell = Cell> {
  readonly name: string
  readonly labelNames: readonly string[]
  /** Grows as cells are made, and never shrinks. */
  readonly series: readonly Series<C>[]
  /** The cell of these label values, made when new. To be held by its owner, not looked up for each record. */
  cell: (...labels: string[]) => C
}

export interface CatalogueOptions {
  /** Most series, of all instruments together. */
  maxSeries?: number
}

/**
 * Says what each cell means. Once it holds `maxSeries`, new label values share one overflow series per instrument,
 * so that what clients send cannot fill the memory.
 */
export class Catalogue {
  readonly maxSeries: number
  readonly #memory = new Memory()
  readonly #instruments = new Map<string, Instrument>()
  readonly #refreshers: Array<() => void> = []
  #held = 0
  #refreshErrors = 0
  readonly #folded = new Set<string>()

  /** Throws a RangeError that shows the value when `maxSeries` is not a positive whole number. */
  constructor ({ maxSeries = 10_000 }: CatalogueOptions = {}) {
    if (!Number.isInteger(maxSeries) || maxSeries < 1) throw new RangeError(`maxSeries must be a whole number of 1 or more, but is ${maxSeries}`)
    this.maxSeries = maxSeries
  }

  get instruments (): ReadonlyMap<string, Instrument> {
    return this.#instruments
  }

  /** Series held, those included that take what is past the cap. */
  get held (): number {
    let held = 0
    for (const { series } of this.#instruments.values()) held += series.length
    return held
  }

  /** Exceptions of the functions that are called before each reading. */
  get refreshErrors (): number {
    return this.#refreshErrors
  }

  /** Label values that were folded into an overflow series, counted as far as 10,000. */
  get folded (): number {
    return this.#folded.size
  }

  /** Makes an instrument of histograms over a grid. Throws a TypeError when the name is taken. */
  histogram (name: string, labelNames: readonly string[], grid: readonly number[]): Instrument<HistogramCell> {
    return this.#add(name, labelNames, () => new HistogramCell(this.#memory.allocate(HistogramCell.slotsFor(grid)), grid))
  }

  /** Makes an instrument of numbers. Throws a TypeError when the name is taken. */
  value (name: string, labelNames: readonly string[] = []): Instrument<ValueCell> {
    return this.#add(name, labelNames, () => new ValueCell(this.#memory.allocate(1)))
  }

  /** Has a function called before each reading, to set the cells of what is not recorded as it happens. */
  onRefresh (refresh: () => void): void {
    this.#refreshers.push(refresh)
  }

  /** Calls them all; the exception of one keeps neither the others nor the reading from being made. */
  refresh (): void {
    for (const refresh of this.#refreshers) {
      try {
        refresh()
      } catch {
        this.#refreshErrors++
      }
    }
  }

  #add<C extends Cell> (name: string, labelNames: readonly string[], make: () => C): Instrument<C> {
    if (this.#instruments.has(name)) throw new TypeError(`There is an instrument named ${name} already`)
    const series: Series<C>[] = []
    const known = new Map<string, C>()

    const hold = (key: string): C => {
      const cell = make()
      series.push(new HeldSeries(key, cell))
      known.set(key, cell)
      return cell
    }

    const cell = (...labels: string[]): C => {
      if (labels.length !== labelNames.length) throw new TypeError(`${name} has the labels ${labelNames.join(', ')}, but got ${labels.length} values`)
      const key = JSON.stringify(labels)
      const held = known.get(key)
      if (held !== undefined) return held
      if (this.#held < this.maxSeries) {
        this.#held++
        return hold(key)
      }
      if (this.#folded.size < mostFolded) this.#folded.add(`${name} ${key}`)
      const rest = JSON.stringify(labelNames.map(() => overflow))
      return known.get(rest) ?? hold(rest)
    }

    const instrument = { name, labelNames, series, cell }
    this.#instruments.set(name, instrument)
    return instrument
  }
}
