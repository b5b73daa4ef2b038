import type { HistogramCell, ValueCell } from '../cell.js'
import { closest } from '../../plugin/suggest.js'
import { shown } from '../../plugin/words.js'

/** A series of a counter. */
export interface Counter {
  /**
   * Adds an amount, 1 when not given. Throws a TypeError when that is not a number, not one or infinite, and a
   * RangeError when it is negative.
   */
  inc: (amount?: number) => void
  /** What has been counted so far; past the cap, of all series there together. */
  readonly value: number
}

/** A series of a gauge. */
export interface Gauge {
  /** Sets any number, also NaN and infinite ones. Throws a TypeError when it is none. */
  set: (value: number) => void
  /** Adds an amount, 1 when not given. Throws a TypeError when that is not a number, or infinite. */
  inc: (amount?: number) => void
  /** Takes an amount off, likewise. */
  dec: (amount?: number) => void
  /** What it was set to last. */
  readonly value: number
}

/** A series of a histogram. */
export interface Histogram {
  /**
   * Records a value in the unit of the buckets; a negative one counts as 0. Throws a TypeError when it is not a number,
   * or infinite.
   */
  observe: (value: number) => void
  /** How many values were recorded so far; past the cap, of all series there together, as is their sum. */
  readonly count: number
  readonly sum: number
}

/**
 * A metric with labels gives a series for values of them, to be held where it is used; one without is its only series.
 */
export type Labelled<M, L extends string> = [L] extends [never] ? M : {
  labels: (values: Readonly<Record<L, string>>) => M
}

// One check each, which V8 does with what it knows of the numbers: the messages are made apart.

/** Makes a counter of a cell. `name` is for what it throws. */
export function counterOf (name: string, cell: ValueCell): Counter {
  return {
    get value () { return cell.value },
    inc: (amount = 1) => {
      if (!(amount >= 0 && amount < Infinity) || typeof amount !== 'number') {
        refuse(`The counter ${name} is increased by 0 or more`, amount)
      }
      cell.add(amount)
    }
  }
}

/** Makes a gauge of a cell, likewise. */
export function gaugeOf (name: string, cell: ValueCell): Gauge {
  return {
    get value () { return cell.value },
    set: value => {
      if (typeof value !== 'number') refuse(`The gauge ${name} is set to a number`, value)
      cell.set(value)
    },
    inc: (amount = 1) => {
      if (!Number.isFinite(amount)) refuse(`The gauge ${name} is increased by a number`, amount)
      cell.add(amount)
    },
    dec: (amount = 1) => {
      if (!Number.isFinite(amount)) refuse(`The gauge ${name} is decreased by a number`, amount)
      cell.add(-amount)
    }
  }
}

/** Makes a histogram of a cell, which has its buckets, likewise. */
export function histogramOf (name: string, cell: HistogramCell): Histogram {
  return {
    get count () { return cell.count },
    get sum () { return cell.sum },
    observe: value => {
      if (!Number.isFinite(value)) refuse(`The histogram ${name} observes numbers`, value)
      cell.record(value)
    }
  }
}

function refuse (what: string, value: unknown): never {
  const WrongError = Number.isFinite(value) ? RangeError : TypeError
  throw new WrongError(`${what}, but got ${shown(value)}`)
}

/** Methods of series, which one may take a metric with labels to have. */
const methods = ['inc', 'dec', 'set', 'observe'] as const

/**
 * Makes what gives the series of a metric by values of its labels. Throws a TypeError, when it is asked for one, that
 * names the label which is missing, unknown or no text.
 */
export function labelled<M extends object> (
  name: string,
  labelNames: readonly string[],
  series: (...values: string[]) => M
): { labels: (values: Readonly<Record<string, string>>) => M } {
  const example = `{ ${labelNames.map(label => `${label}: '…'`).join(', ')} }`

  function labels (values: Readonly<Record<string, unknown>>): M {
    if (typeof values !== 'object' || values === null) {
      throw new TypeError(`${name} is given values of its labels as labels(${example}), but got ${shown(values)}`)
    }
    for (const label of Object.keys(values)) {
      if (!labelNames.includes(label)) throw new TypeError(`${name} has no label ${label}: ${advice(label)}`)
    }
    return series(...labelNames.map(label => textOf(label, values[label], values)))
  }

  function advice (label: string): string {
    const meant = closest(label, labelNames)
    return meant === undefined ? `its labels are ${labelNames.join(', ')}` : `did you mean ${meant}?`
  }

  function textOf (label: string, value: unknown, values: object): string {
    if (value === undefined) {
      throw new TypeError(`${name} needs a value of the label ${label}, but got ${shown(values)}`)
    }
    if (value === null || typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
      throw new TypeError(`${name} needs a text for the label ${label}, but got ${shown(value)}`)
    }
    return String(value)
  }

  const unbound = Object.fromEntries(methods.map(method => [method, () => {
    throw new TypeError(
      `${name} has labels, whose values are bound first: const series = ${name}.labels(${example}), ` +
      `once, and then series.${method}()`
    )
  }]))
  return { ...unbound, labels: labels as (values: Readonly<Record<string, string>>) => M }
}

/** Adds to the only series of a metric a method `labels` that throws a TypeError, which says that it has no labels. */
export function unlabelled<M extends object> (name: string, series: M): M {
  const labels = () => { throw new TypeError(`${name} has no labels: give labelNames where it is made`) }
  return Object.assign(series, { labels })
}
