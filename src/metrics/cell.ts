import type { Part } from './memory.js'

// V8 keeps a field that never was undefined as what it is, which saves a look at each reading.
const none = new Float64Array()

/** Where a histogram cell's buckets begin; before them are the count of records and their sum. */
const firstBucket = 2

/** One series of recorded values, such as durations in seconds: how many in each bucket of a grid, and their sum. */
export class HistogramCell {
  // The whole slab with an offset: a view for each cell would be simpler to read, but half of a series' memory.
  readonly #slots: Float64Array = none
  readonly #at: number = 0
  /** Place of the last value's bucket. */
  #last = 0
  readonly grid: readonly number[]

  constructor ({ slots, at }: Part, grid: readonly number[]) {
    this.#slots = slots
    this.#at = at
    this.grid = grid
  }

  /** Slots that a cell of this grid takes: the count, the sum, a bucket for each bound and one for what is above. */
  static slotsFor (grid: readonly number[]): number {
    return firstBucket + grid.length + 1
  }

  /** Records a value in the grid's unit. What is negative or not a number is recorded as 0. */
  record (value: number): void {
    const slots = this.#slots
    const at = this.#at
    const { grid } = this
    if (!(value >= 0)) value = 0
    // Most values are near the last one.
    let place = this.#last
    while (place > 0 && value <= (grid[place - 1] as number)) place--
    while (place < grid.length && value > (grid[place] as number)) place++
    this.#last = place
    slots[at] = (slots[at] as number) + 1
    slots[at + 1] = (slots[at + 1] as number) + value
    slots[at + firstBucket + place] = (slots[at + firstBucket + place] as number) + 1
  }

  /** Where its numbers are. */
  get part (): Part {
    return { slots: this.#slots, at: this.#at }
  }

  get count (): number {
    return this.#slots[this.#at] as number
  }

  get sum (): number {
    return this.#slots[this.#at + 1] as number
  }

  /** How many values are in a bucket: those of a bound's place in the grid, or above all bounds after the last. */
  bucket (place: number): number {
    return this.#slots[this.#at + firstBucket + place] as number
  }
}

/** One series of a number that is counted up or set. */
export class ValueCell {
  readonly #slots: Float64Array = none
  readonly #at: number = 0

  constructor ({ slots, at }: Part) {
    this.#slots = slots
    this.#at = at
  }

  /** Where its number is. */
  get part (): Part {
    return { slots: this.#slots, at: this.#at }
  }

  add (amount: number): void {
    this.#slots[this.#at] = (this.#slots[this.#at] as number) + amount
  }

  set (value: number): void {
    this.#slots[this.#at] = value
  }

  get value (): number {
    return this.#slots[this.#at] as number
  }
}

export type Cell = HistogramCell | ValueCell
