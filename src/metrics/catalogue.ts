import { HistogramCell, ValueCell, type Cell } from './cell.js'
import { MainNeeded } from './main-needed.js'
import { Memory, type Part } from './memory.js'
import type { Family } from './family.js'
import { ownFamily } from './own-family.js'
import {
  heldBy,
  KeyedSeries,
  type CatalogueView,
  type Growth,
  type InstrumentView,
  type OwnFamily
} from './catalogue-view.js'

/** The value of each label in the series that takes what is past the cap. */
export const overflow = '__overflow__'

/** Label values past the cap that are remembered, so that each is counted once. */
const mostFolded = 10_000

/** Cells that measure the same thing, told apart by labels. */
export interface Instrument<C extends Cell = Cell> extends InstrumentView<C> {
  /**
   * Returns the cell of these label values, made when it is new. Its owner is to hold it, not to look it up for each
   * record.
   */
  cell: (...labels: string[]) => C
}

export interface InstrumentOptions {
  /** Whether its series count against the most that are held; not where no client has a say in its labels. */
  capped?: boolean
}

export interface CatalogueOptions {
  /** Most series, of all instruments together. */
  maxSeries?: number
  /** Grids to record by in place of others, that have more bounds. */
  grids?: ReadonlyMap<readonly number[], readonly number[]>
}

/**
 * Says what each cell means. Once it holds `maxSeries`, new label values share one overflow series per instrument,
 * so that what clients send cannot fill the memory.
 */
export class Catalogue implements CatalogueView {
  readonly maxSeries: number
  readonly #memory = new Memory()
  readonly #instruments = new Map<string, Instrument>()
  readonly #refreshers: Array<() => void> = []
  readonly #collectors: Array<() => Promise<void> | undefined> = []
  #held = 0
  #refreshErrors = 0
  readonly #followers = new Set<(growth: Growth) => void>()
  readonly #folded = new Set<string>()
  readonly #grids: ReadonlyMap<readonly number[], readonly number[]>
  readonly #own: OwnFamily[] = []
  readonly own: Family[] = []
  readonly mainNeeded = new MainNeeded()

  /** Throws a RangeError that shows the value when `maxSeries` is not a positive whole number. */
  constructor ({ maxSeries = 10_000, grids = new Map() }: CatalogueOptions = {}) {
    if (!Number.isInteger(maxSeries) || maxSeries < 1) {
      throw new RangeError(`maxSeries must be a whole number of 1 or more, but is ${maxSeries}`)
    }
    this.maxSeries = maxSeries
    this.#grids = grids
  }

  get instruments (): ReadonlyMap<string, Instrument> {
    return this.#instruments
  }

  /** Series held, those included that take what is past the cap. */
  get held (): number {
    return heldBy(this)
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
  histogram (name: string, labelNames: readonly string[], wanted: readonly number[]): Instrument<HistogramCell> {
    const grid = this.#grids.get(wanted) ?? wanted
    return this.#add(
      name,
      labelNames,
      grid,
      () => new HistogramCell(this.#allocate(HistogramCell.slotsFor(grid)), grid)
    )
  }

  /** Makes an instrument of numbers. Throws a TypeError when the name is taken. */
  value (name: string, labelNames: readonly string[] = [], options: InstrumentOptions = {}): Instrument<ValueCell> {
    return this.#add(name, labelNames, undefined, () => new ValueCell(this.#allocate(1)), options)
  }

  /** Serves an instrument of the same name as it is, as a service's own metric. */
  serve (family: OwnFamily): void {
    this.#own.push(family)
    this.own.push(ownFamily(family))
    this.#tell({ family })
  }

  /**
   * Tells a follower of all that there is and all that is made from now on, in an order that a reader can follow.
   * Returns what ends that.
   */
  follow (follower: (growth: Growth) => void): () => void {
    for (const slab of this.#memory.slabs) follower({ memory: slab })
    for (const instrument of this.#instruments.values()) {
      follower(declarationOf(instrument))
      for (const { key, cell } of instrument.series as ReadonlyArray<KeyedSeries<Cell>>) {
        follower(this.#growthOf(instrument.name, key, cell))
      }
    }
    for (const family of this.#own) follower({ family })
    this.#followers.add(follower)
    return () => { this.#followers.delete(follower) }
  }

  /**
   * Calls a function before a reading, at most once a second, to set the cells of what is not recorded as it happens.
   */
  onRefresh (refresh: () => void): void {
    this.#refreshers.push(refresh)
  }

  /**
   * Calls a function before each reading, for what has to be as of then. So readings need the thread that records. What
   * it returns is waited for, and does not reject.
   */
  onCollect (collect: () => Promise<void> | undefined): void {
    this.#collectors.push(collect)
    this.mainNeeded.note()
  }

  /** Calls all that refresh. What one throws is counted, and keeps neither others nor the reading from being done. */
  refresh (): void {
    for (const refresh of this.#refreshers) {
      try {
        refresh()
      } catch {
        this.#refreshErrors++
      }
    }
  }

  /** Calls all that collect. Returns a promise where one of them has to be waited for. */
  collect (): Promise<unknown> | undefined {
    const pending = this.#collectors.flatMap(collect => collect() ?? [])
    return pending.length === 0 ? undefined : Promise.all(pending)
  }

  #allocate (size: number): Part {
    const before = this.#memory.slabs.length
    const part = this.#memory.allocate(size)
    for (const slab of this.#memory.slabs.slice(before)) this.#tell({ memory: slab })
    return part
  }

  #growthOf (of: string, key: string, { part: { slots, at } }: Cell): Growth {
    return { of, key, slab: this.#memory.slabs.indexOf(slots.buffer as SharedArrayBuffer), at }
  }

  #tell (growth: Growth): void {
    for (const follower of this.#followers) follower(growth)
  }

  #add<C extends Cell> (
    name: string,
    labelNames: readonly string[],
    grid: readonly number[] | undefined,
    make: () => C,
    { capped = true }: InstrumentOptions = {}
  ): Instrument<C> {
    if (this.#instruments.has(name)) throw new TypeError(`There is an instrument named ${name} already`)
    const series: Array<KeyedSeries<C>> = []
    const known = new Map<string, C>()

    const hold = (key: string): C => {
      const cell = make()
      series.push(new KeyedSeries(key, cell))
      known.set(key, cell)
      if (this.#followers.size > 0) this.#tell(this.#growthOf(name, key, cell))
      return cell
    }

    const cell = (...labels: string[]): C => {
      if (labels.length !== labelNames.length) {
        throw new TypeError(`${name} has the labels ${labelNames.join(', ')}, but got ${labels.length} values`)
      }
      const key = JSON.stringify(labels)
      const held = known.get(key)
      if (held !== undefined) return held
      labels.forEach((value, place) => {
        if (typeof value !== 'string') {
          throw new TypeError(`The label ${labelNames[place]} of ${name} must be a string, but is ${String(value)}`)
        }
      })
      if (!capped) return hold(key)
      // What has no labels has one series, whatever clients send.
      if (this.#held < this.maxSeries || labels.length === 0) {
        this.#held++
        return hold(key)
      }
      if (this.#folded.size < mostFolded) this.#folded.add(`${name} ${key}`)
      const rest = JSON.stringify(labelNames.map(() => overflow))
      return known.get(rest) ?? hold(rest)
    }

    const instrument = { name, labelNames, grid, series, cell }
    this.#instruments.set(name, instrument)
    this.#tell(declarationOf(instrument))
    return instrument
  }
}

function declarationOf ({ name, labelNames, grid }: Instrument): Growth {
  return { instrument: name, labelNames, grid }
}
