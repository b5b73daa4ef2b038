import type { Cut } from './grid.js'

export type Labels = Readonly<Record<string, string>>

interface Common {
  readonly name: string
  readonly help: string
  /** Names of the instruments that it reads; cells that get the same labels are added up. */
  readonly of: readonly string[]
  /** The labels that a series gets, from its instrument's; undefined leaves it out. All of them when not given. */
  readonly labels?: (labels: Labels, instrument: string) => Labels | undefined
  /** Labels of series that are there from the start, at 0. */
  readonly start?: readonly Labels[]
}

/** A histogram: buckets at a cut of the instrument's grid, their sum and their count. */
export interface HistogramFamily extends Common {
  readonly type: 'histogram'
  readonly cut: Cut
}

/** One number a series: a value cell's value, or the count or the sum of what a histogram cell recorded. */
export interface NumberFamily extends Common {
  readonly type: 'counter' | 'gauge'
  readonly read?: 'count' | 'sum'
}

/** What a name stands for: which cells it reads, and how. */
export type Family = HistogramFamily | NumberFamily
