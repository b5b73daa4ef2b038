import type { Gauge, Labelled } from './own-series.js'
import { fn } from '../../plugin/schema.js'
import { Type } from '../../schema.js'

/** The default bounds of prom-client, in seconds. */
export const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

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
  /**
   * Upper bounds of its buckets, 0 or more, in increasing order; prom-client's, for seconds, when not given.
   * @default [0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10]
   */
  buckets?: readonly number[]
}

const common = {
  name: Type.String({ pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$', allowed: 'letters, digits and underscores' }),
  help: Type.String({ minLength: 1 }),
  labelNames: Type.Optional(Type.Array(Type.String({
    pattern: '^(?!__|le$)[a-zA-Z_][a-zA-Z0-9_]*$',
    allowed: 'letters, digits and underscores, not two of these at its beginning, and not le'
  })))
}

const summary = 'a summary, whose quantiles cannot be added up, is made with app.metrics.client.Summary'
/** Options of prom-client and others that are not supported, with what to use instead. */
const unsupported = {
  description: 'it is called help',
  labels: 'labelNames are given here, and their values to labels()',
  registers: 'it is served with the rest; for another registry, make it with app.metrics.client',
  aggregator: 'who scrapes several processes adds them up',
  enableExemplars: 'there are no exemplars',
  percentiles: summary,
  maxAgeSeconds: summary,
  ageBuckets: summary
}
const onlyHistogram = 'only a histogram has buckets'
const onlyGauge = (kind: string) =>
  `only a gauge is set before a scrape; where that is to be, make it with app.metrics.client.${kind}`

/** The options of each type of metric. */
export const ownOptions = {
  counter: Type.Object(common, {
    additionalProperties: false,
    unsupported: { ...unsupported, buckets: onlyHistogram, collect: onlyGauge('Counter') }
  }),
  gauge: Type.Object({ ...common, collect: Type.Optional(fn({})) }, {
    additionalProperties: false,
    unsupported: { ...unsupported, buckets: onlyHistogram }
  }),
  histogram: Type.Object({
    ...common,
    buckets: Type.Optional(Type.Array(Type.Number({ minimum: 0 }), {
      minItems: 1,
      default: defaultBuckets,
      allowed: 'a list of numbers, 0 or more, in increasing order'
    }))
  }, {
    additionalProperties: false,
    unsupported: { ...unsupported, collect: onlyGauge('Histogram') }
  })
}
