/** Where a histogram cell's buckets begin; before them are the count of records, by which a reader sees change, and their sum. */
export const firstBucket = 2

/** One series of recorded values, such as durations in seconds: how many in each bucket of a grid, and their sum. */
export class HistogramCell {
  readonly slots: Float64Array
  readonly grid: readonly number[]

  constructor (slots: Float64Array, grid: readonly number[]) {
    this.slots = slots
    this.grid = grid
  }

  /** Slots that a cell of this grid takes: the count, the sum, a bucket for each bound and one for what is above. */
  static slotsFor (grid: readonly number[]): number {
    return firstBucket + grid.length + 1
  }

  /** Records a value in the grid's unit. What is negative or not a number is recorded as 0. */
  record (value: number): void {
    const { slots, grid } = this
    if (!(value >= 0)) value = 0
    let place = 0
    while (place < grid.length && value > (grid[place] as number)) place++
    slots[0] = (slots[0] as number) + 1
    slots[1] = (slots[1] as number) + value
    slots[firstBucket + place] = (slots[firstBucket + place] as number) + 1
  }

  get count (): number {
    return this.slots[0] as number
  }

  get sum (): number {
    return this.slots[1] as number
  }
}

/** One series of a number that is counted up or set. */
export class ValueCell {
  readonly slots: Float64Array

  constructor (slots: Float64Array) {
    this.slots = slots
  }

  add (amount: number): void {
    this.slots[0] = (this.slots[0] as number) + amount
  }

  set (value: number): void {
    this.slots[0] = value
  }

  get value (): number {
    return this.slots[0] as number
  }
}

export type Cell = HistogramCell | ValueCell
