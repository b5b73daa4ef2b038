import type { Catalogue, Instrument } from './catalogue.js'
import type { Cell, HistogramCell, ValueCell } from './cell.js'
import { warnOfCollect, type WarningLog } from './collect-warning.js'
import { createCollecting } from './collecting.js'
import { validLabel } from './label-name.js'
import type { ServedRegistry } from './served-registry.js'

/** The default bounds of prom-client, in seconds. */
const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface MetricOptions<L extends string> {
  /** Letters, digits and underscores; of a counter, with `_total` at its end. */
  name: string
  help: string
  /** Names of labels, whose values are bound by `labels()` once for each series. */
  labelNames?: readonly L[]
}

export interface GaugeOptions<L extends string> extends MetricOptions<L> {
  /**
   * Called before each scrape, to set what is not set as it changes. A scrape waits for an async one, a
   * second at most; while it fails or is late, what was set before is served.
   */
  collect?: (this: Labelled<Gauge, L>, gauge: Labelled<Gauge, L>) => void | Promise<void>
}

export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  /** Upper bounds of its buckets, in increasing order; prom-client's, for seconds, when not given. */
  buckets?: readonly number[]
}

/** A series of a counter. */
export interface Counter {
  /** Adds an amount, 1 when not given. Throws a RangeError when that is negative or not a number. */
  inc: (amount?: number) => void
}

/** A series of a gauge. */
export interface Gauge {
  set: (value: number) => void
  inc: (amount?: number) => void
  dec: (amount?: number) => void
}

/** A series of a histogram. */
export interface Histogram {
  /** Records a value in the unit of the buckets; what is negative or not a number counts as 0. */
  observe: (value: number) => void
}

/**
 * A metric with labels gives a series for values of them, to be held where it is used; one without is its only series.
 */
export type Labelled<M, L extends string> = [L] extends [never] ? M : {
  labels: (values: Readonly<Record<L, string>>) => M
}

/** Makes a service's own metrics, on the cells that everything here is recorded by, served in each format. */
export interface OwnMetrics {
  /** Makes a counter. Throws a TypeError or Error when its name or a label's is not valid, or the name is taken. */
  counter: <const L extends string = never>(options: MetricOptions<L>) => Labelled<Counter, L>
  /** Makes a gauge. Throws likewise. */
  gauge: <const L extends string = never>(options: GaugeOptions<L>) => Labelled<Gauge, L>
  /** Makes a histogram. Throws likewise, and a RangeError when the buckets are not in increasing order. */
  histogram: <const L extends string = never>(options: HistogramOptions<L>) => Labelled<Histogram, L>
}

const validName = /^[a-zA-Z_:][\w:]*$/

/** What a service's own metrics are made of. */
export interface OwnMetricsParts {
  readonly catalogue: Catalogue
  readonly register: ServedRegistry
  /** Names of the labels that every series has, which are taken. */
  readonly constant: readonly string[]
  /** Counts functions `collect` that fail or are late. */
  readonly failed: ValueCell
  readonly log: WarningLog
}

/** Makes the functions that make metrics. */
export function createOwnMetrics ({ catalogue, register, constant, failed, log }: OwnMetricsParts): OwnMetrics {
  function assertValid ({ name, help, labelNames = [] }: MetricOptions<string>, type: string) {
    if (typeof name !== 'string' || !validName.test(name)) {
      throw new TypeError(`A ${type} needs a name of letters, digits and underscores, but got ${JSON.stringify(name)}`)
    }
    if (typeof help !== 'string' || help === '') {
      throw new TypeError(`The ${type} ${name} needs a help text, but got ${JSON.stringify(help)}`)
    }
    if (type === 'counter' && !name.endsWith('_total')) {
      throw new TypeError(`The counter ${name} needs a name that ends in _total, as in ${name}_total`)
    }
    for (const label of labelNames) {
      if (!validLabel.test(label) || label === 'le') {
        throw new TypeError(
          `The ${type} ${name} has the label ${JSON.stringify(label)}, ` +
          'but one is letters, digits and underscores, not two of these at its beginning, and not le'
        )
      }
      if (constant.includes(label)) {
        throw new TypeError(
          `The ${type} ${name} has the label ${label}, which is one of the option labels: every series has it`
        )
      }
    }
  }

  function assertRising (name: string, buckets: readonly number[]) {
    const wrong = buckets.findIndex((bound, place) => !Number.isFinite(bound) ||
      bound <= (buckets[place - 1] ?? -Infinity))
    if (buckets.length === 0 || wrong >= 0) {
      throw new RangeError(
        `The buckets of ${name} must be numbers in increasing order, but are ${JSON.stringify(buckets)}`
      )
    }
  }

  function bound<C extends Cell, M, L extends string> (
    { name, labelNames = [] }: MetricOptions<L>,
    instrument: Instrument<C>,
    make: (cell: C) => M
  ): Labelled<M, L> {
    if (labelNames.length === 0) return make(instrument.cell()) as Labelled<M, L>
    const labels = (values: Readonly<Record<L, string>>) => make(instrument.cell(...labelNames.map(label => {
      const value: unknown = values[label]
      if (value === undefined) {
        throw new TypeError(`${name} needs a value of the label ${label}, but got ${JSON.stringify(values)}`)
      }
      return String(value)
    })))
    return { labels } as Labelled<M, L>
  }

  return {
    counter: options => {
      const { name, help } = options
      assertValid(options, 'counter')
      register.reserve(name, 'counter')
      const counter = bound(options, catalogue.value(name, options.labelNames), counterOf)
      catalogue.serve({ name, type: 'counter', help })
      return counter
    },
    gauge: options => {
      const { name, help, collect } = options
      assertValid(options, 'gauge')
      register.reserve(name, 'gauge')
      const gauge = bound(options, catalogue.value(name, options.labelNames), gaugeOf)
      catalogue.serve({ name, type: 'gauge', help })
      if (collect !== undefined) {
        catalogue.onCollect(createCollecting(() => collect.call(gauge, gauge), {
          count: () => { failed.add(1) },
          tell: error => { warnOfCollect(log, name, 'what was set before is served', error) }
        }))
      }
      return gauge
    },
    histogram: options => {
      const { name, help, buckets = defaultBuckets } = options
      assertValid(options, 'histogram')
      assertRising(name, buckets)
      register.reserve(name, 'histogram')
      const histogram = bound(options, catalogue.histogram(name, options.labelNames ?? [], [...buckets]), histogramOf)
      catalogue.serve({ name, type: 'histogram', help, buckets: [...buckets] })
      return histogram
    }
  }
}

function counterOf (cell: ValueCell): Counter {
  return {
    inc: (amount = 1) => {
      if (!(amount >= 0)) throw new RangeError(`A counter is increased by 0 or more, but got ${amount}`)
      cell.add(amount)
    }
  }
}

function gaugeOf (cell: ValueCell): Gauge {
  return {
    set: value => { cell.set(value) },
    inc: (amount = 1) => { cell.add(amount) },
    dec: (amount = 1) => { cell.add(-amount) }
  }
}

function histogramOf (cell: HistogramCell): Histogram {
  return { observe: value => { cell.record(value) } }
}
