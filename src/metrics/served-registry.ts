import prom, { type Metric, type RegistryContentType } from 'prom-client'
import type { Family } from './family.js'

type AnyMetric = Metric & { name: string }

/** Default metrics of prom-client that are not kept. */
const dropped = new Set([
  // Reset or undercounted by each scrape; src/metrics/runtime.ts has them right.
  'nodejs_gc_duration_seconds', 'nodejs_eventloop_lag_min_seconds', 'nodejs_eventloop_lag_max_seconds', 'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds', 'nodejs_eventloop_lag_p50_seconds', 'nodejs_eventloop_lag_p90_seconds', 'nodejs_eventloop_lag_p99_seconds',
  // Gauges named as counters are; each is the sum of one that is served by type.
  'nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'
])

/**
 * A registry whose metrics are served beside families that it does not hold. A metric that would come out under the name of
 * one of these is refused with an Error; what prom-client collects by default is left out where it is served already.
 */
export class ServedRegistry extends prom.Registry<RegistryContentType> {
  readonly #ours: Set<string>
  #collectsDefaults = false

  constructor (families: readonly Family[]) {
    super()
    this.#ours = new Set(families.flatMap(({ name, type }) => seriesOf(name, type)))
  }

  /** Registers what a function makes, but what is served already. */
  collectDefaults (collect: () => void): void {
    this.#collectsDefaults = true
    try {
      collect()
    } finally {
      this.#collectsDefaults = false
    }
  }

  override registerMetric<T extends string> (metric: Metric<T>): void {
    const { name } = metric as unknown as AnyMetric
    const series = seriesOf(name, typeOf(metric as unknown as Metric))
    const taken = series.find(each => this.#ours.has(each))
    if (this.#collectsDefaults) {
      if (taken !== undefined || dropped.has(name) || this.getSingleMetric(name) !== undefined) return
    } else if (taken !== undefined) {
      throw new Error(`The metric ${name} cannot be registered: fastify-vitals serves ${taken} itself, so give yours another name`)
    }
    super.registerMetric(metric)
  }

  /**
   * The text of one metric in format 0.0.4, whatever content type was set: what is served goes by what the scraper asks for.
   * Rejects when its `collect` function does.
   */
  async textOf (name: string): Promise<string> {
    const inText = Object.create(this, { contentType: { value: prom.Registry.PROMETHEUS_CONTENT_TYPE } }) as ServedRegistry
    return await inText.getSingleMetricAsString(name)
  }
}

function typeOf (metric: Metric): string {
  if (metric instanceof prom.Histogram) return 'histogram'
  if (metric instanceof prom.Summary) return 'summary'
  return metric instanceof prom.Counter ? 'counter' : 'gauge'
}

/** The names that a family's series have, in any format, and its own. */
function seriesOf (name: string, type: string): string[] {
  switch (type) {
    case 'histogram': return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary': return [name, `${name}_sum`, `${name}_count`]
    default: return [name]
  }
}
