import { checkOptions } from '../../plugin/options.js'
import { shown } from '../../plugin/words.js'
import type { Catalogue, Instrument } from '../catalogue.js'
import type { Cell, ValueCell } from '../cell.js'
import type { WarningLog } from '../failure-warning.js'
import { warnOfCollect } from '../prom-client/collect-warning.js'
import { createCollectHook } from '../prom-client/collect-hook.js'
import {
  defaultBuckets,
  ownOptions,
  type GaugeOptions,
  type HistogramOptions,
  type MetricOptions
} from './own-options.js'
import {
  counterOf,
  gaugeOf,
  histogramOf,
  labelled,
  unlabelled,
  type Counter,
  type Gauge,
  type Histogram,
  type Labelled
} from './own-series.js'
import type { ServedRegistry } from '../prom-client/served-registry.js'

/** Makes a service's own metrics, on the cells that everything here is recorded by, served in each format. */
export interface OwnMetrics {
  /** Makes a counter. Throws a TypeError or Error when an option is wrong, or the name is taken. */
  counter: <const L extends string = never>(options: MetricOptions<L>) => Labelled<Counter, L>
  /** Makes a gauge. Throws likewise. */
  gauge: <const L extends string = never>(options: GaugeOptions<L>) => Labelled<Gauge, L>
  /** Makes a histogram. Throws likewise, and a RangeError when the buckets are not in increasing order. */
  histogram: <const L extends string = never>(options: HistogramOptions<L>) => Labelled<Histogram, L>
}

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

/**
 * Makes `counter`, `gauge` and `histogram` for an app. Each throws a TypeError when an option is wrong, a RangeError
 * when buckets do not rise, and an Error when the name is taken.
 */
export function createOwnMetrics ({ catalogue, register, constant, failed, log }: OwnMetricsParts): OwnMetrics {
  function check (type: keyof typeof ownOptions, options: MetricOptions<string>) {
    const { name, labelNames = [] } = options ?? {}
    const metric = typeof name === 'string' && name !== '' ? `the ${type} ${name}` : `a ${type}`
    checkOptions(metric, ownOptions[type], options ?? {})
    if (type === 'counter' && !name.endsWith('_total')) {
      throw new TypeError(`The name of ${metric} must end in _total, as in ${name}_total`)
    }
    const twice = labelNames.find((label, place) => labelNames.indexOf(label) !== place)
    if (twice !== undefined) throw new TypeError(`The option labelNames of ${metric} has ${twice} twice`)
    const taken = labelNames.find(label => constant.includes(label))
    if (taken !== undefined) {
      throw new TypeError(
        `The option labelNames of ${metric} has ${taken}, which is one of the option labels of metrics: ` +
        'every series has it'
      )
    }
  }

  function assertRising (name: string, buckets: readonly number[]) {
    if (buckets.some((bound, place) => bound <= (buckets[place - 1] ?? -Infinity))) {
      throw new RangeError(
        `The option buckets of the histogram ${name} is ${shown(buckets)}, but must be in increasing order`
      )
    }
  }

  function seriesOf<C extends Cell, M extends object, L extends string> (
    { name, labelNames = [] }: MetricOptions<L>,
    instrument: Instrument<C>,
    make: (name: string, cell: C) => M
  ): Labelled<M, L> {
    const series = (...values: string[]) => make(name, instrument.cell(...values))
    return (labelNames.length === 0
      ? unlabelled(name, series())
      : labelled(name, labelNames, series)) as Labelled<M, L>
  }

  return {
    counter: options => {
      check('counter', options)
      const { name, help } = options
      register.reserve(name, 'counter')
      const counter = seriesOf(options, catalogue.value(name, options.labelNames), counterOf)
      catalogue.serve({ name, type: 'counter', help })
      return counter
    },
    gauge: options => {
      check('gauge', options as MetricOptions<string>)
      const { name, help, collect } = options
      register.reserve(name, 'gauge')
      const gauge = seriesOf(options, catalogue.value(name, options.labelNames), gaugeOf)
      catalogue.serve({ name, type: 'gauge', help })
      if (collect !== undefined) {
        catalogue.onCollect(createCollectHook(() => collect.call(gauge, gauge), {
          count: () => { failed.add(1) },
          tell: error => { warnOfCollect(log, name, 'what was set before is served', error) }
        }))
      }
      return gauge
    },
    histogram: options => {
      check('histogram', options)
      const { name, help, buckets = defaultBuckets } = options
      assertRising(name, buckets)
      register.reserve(name, 'histogram')
      const instrument = catalogue.histogram(name, options.labelNames ?? [], [...buckets])
      const histogram = seriesOf(options, instrument, histogramOf)
      catalogue.serve({ name, type: 'histogram', help, buckets: [...buckets] })
      return histogram
    }
  }
}
