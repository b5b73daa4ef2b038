import type { Cut } from './grid.js'

export type Labels = Readonly<Record<string, string>>

type Labelling = ((labels: Labels, instrument: string) => Labels | undefined) & { readonly names?: readonly string[] }

interface Common {
  readonly name: string
  readonly help: string
  /** Names of the instruments that it reads; cells that get the same labels are added up. */
  readonly of: readonly string[]
  /** The labels that a series gets, from its instrument's; undefined leaves it out. All of them when not given. */
  readonly labels?: Labelling
  /** Names of the labels that its series may have, where the function above does not tell its own. */
  readonly labelNames?: readonly string[]
  /** Labels of series that are there from the start, at 0. */
  readonly start?: readonly Labels[]
}

/** The counts of some instruments, minus those of others. */
export interface Difference {
  readonly of: readonly string[]
  readonly minus: readonly string[]
}

/** A histogram: buckets at a cut of the instrument's grid, their sum and their count. */
export interface HistogramFamily extends Common {
  readonly type: 'histogram'
  readonly cut: Cut
  /** The number of all values, for a histogram with one series; those that were not recorded were 0. */
  readonly all?: Difference
}

/** A counter or gauge: the value of a value cell, or a histogram cell's count or sum. */
export interface NumberFamily extends Common {
  readonly type: 'counter' | 'gauge'
  readonly read?: 'count' | 'sum'
}

/** A gauge of what has begun and not ended: one number of several instruments. */
export interface DifferenceFamily extends Pick<Common, 'name' | 'help'>, Difference {
  readonly type: 'gauge'
  /** Its constant labels. */
  readonly constant?: Labels
}

/** A family of metrics: the cells that it reads, and how. */
export type Family = HistogramFamily | NumberFamily | DifferenceFamily

/** Names of the labels that a family's series may have. */
export function labelNamesOf (family: Family): readonly string[] {
  if ('minus' in family) return []
  return family.labelNames ?? family.labels?.names ?? Object.keys(family.start?.[0] ?? {})
}
