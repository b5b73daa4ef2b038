import type { Cell } from './cell.js'
import type { Family } from './family.js'

/** A series: a cell, and the values of its instrument's labels, in their order. */
export interface Series<C extends Cell = Cell> {
  readonly labels: readonly string[]
  readonly cell: C
}

/** Cells that measure the same thing, told apart by labels, as a reader sees them. */
export interface InstrumentView<C extends Cell = Cell> {
  readonly name: string
  readonly labelNames: readonly string[]
  /** Upper bounds that its histograms are recorded by; undefined when its cells are numbers. */
  readonly grid: readonly number[] | undefined
  /** Grows as cells are made, and never shrinks. */
  readonly series: ReadonlyArray<Series<C>>
}

/** A catalogue as a reader sees it, in the thread that records or in another that shares the memory. */
export interface CatalogueView {
  readonly instruments: ReadonlyMap<string, InstrumentView>
  /** What is served besides what the names stand for: a service's own metrics. Grows as they are made. */
  readonly own: readonly Family[]
}

/** A service's own metric, as plain data. */
export interface OwnFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[]
}

/**
 * A new slab of shared memory, instrument, own metric or series: all that a reader in another thread has to be told.
 */
export type Growth =
  | { readonly memory: SharedArrayBuffer }
  | {
    readonly instrument: string,
    readonly labelNames: readonly string[],
    readonly grid: readonly number[] | undefined
  }
  | { readonly family: OwnFamily }
  | {
    readonly of: string
    /** The values of its labels, as JSON. */
    readonly key: string
    /** Place of its memory among those told before. */
    readonly slab: number
    readonly at: number
  }

/** A series that keeps its labels as the text that it is looked up by: a third of the size of an array. */
export class KeyedSeries<C extends Cell> implements Series<C> {
  readonly #key: string
  readonly cell: C

  constructor (key: string, cell: C) {
    this.#key = key
    this.cell = cell
  }

  get labels (): readonly string[] {
    return JSON.parse(this.#key)
  }

  get key (): string {
    return this.#key
  }
}

/** The cell of an instrument's only series; undefined when there is none. */
export function onlyCell<C extends Cell> ({ instruments }: CatalogueView, name: string): C | undefined {
  return instruments.get(name)?.series[0]?.cell as C | undefined
}

/**
 * The cell of an instrument's series of these labels, which is looked for among all that it has; undefined when there
 * is none.
 */
export function cellOf<C extends Cell> (
  { instruments }: CatalogueView,
  name: string,
  ...labels: string[]
): C | undefined {
  const key = JSON.stringify(labels)
  return instruments.get(name)?.series.find(series => JSON.stringify(series.labels) === key)?.cell as C | undefined
}

/** Series held, those included that take what is past the cap. */
export function heldBy ({ instruments }: CatalogueView): number {
  let held = 0
  for (const { series } of instruments.values()) held += series.length
  return held
}
