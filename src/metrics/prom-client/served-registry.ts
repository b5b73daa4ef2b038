import prom, { type Metric, type RegistryContentType } from 'prom-client'
import type { Family } from '../family.js'
import { reservedNamesOf, seriesNamesOf } from './series-names.js'

type AnyMetric = Metric & { name: string }

/** How prom-client reads its metrics: at once, where they have no function `collect`. */
const readers = new Set<unknown>(
  [prom.Counter, prom.Gauge, prom.Histogram, prom.Summary].map(({ prototype }) => prototype.get)
)

/**
 * A registry whose metrics are served beside families that it does not hold. A metric that would come out under the
 * name of one of these is refused with an Error.
 */
export class ServedRegistry extends prom.Registry<RegistryContentType> {
  readonly #ours: Set<string>
  /** The same registry, whatever content type was set. */
  readonly #inText = Object.create(this, {
    contentType: { value: prom.Registry.PROMETHEUS_CONTENT_TYPE }
  }) as prom.Registry

  /** Told of each metric that is registered. */
  onMetric = () => {}

  constructor (families: readonly Family[]) {
    super()
    this.#ours = new Set(families.flatMap(({ name, type }) => reservedNamesOf(name, type)))
  }

  /**
   * Takes a name for a metric that is served but not held here. Throws an Error when it would come out under one that
   * is taken.
   */
  reserve (name: string, type: string): void {
    const series = reservedNamesOf(name, type)
    const held = new Set(this.getMetricsAsArray().flatMap(metric => seriesNamesOf(metric.name, String(metric.type))))
    const taken = series.find(each => this.#ours.has(each) || held.has(each))
    if (taken !== undefined) throw new Error(`There is a metric ${taken} already: give ${name} another name`)
    for (const each of series) this.#ours.add(each)
  }

  /** Whether a metric of the name is served, by whoever. */
  serves (name: string): boolean {
    return this.#ours.has(name) || this.getSingleMetric(name) !== undefined
  }

  get isEmpty (): boolean {
    return this.getMetricsAsArray().length === 0
  }

  /** Whether reading its metrics may need more than a turn of the microtasks. */
  get mayTakeTime (): boolean {
    const metrics = this.getMetricsAsArray() as ReadonlyArray<{ collect?: unknown, get?: unknown }>
    return metrics.some(({ collect, get }) => collect !== undefined || !readers.has(get))
  }

  override registerMetric<T extends string> (metric: Metric<T>): void {
    const { name } = metric as unknown as AnyMetric
    const series = seriesNamesOf(name, typeOf(metric as unknown as Metric))
    const taken = series.find(each => this.#ours.has(each))
    if (taken !== undefined) {
      throw new Error(
        `The metric ${name} cannot be registered: fastify-vitals serves ${taken} itself, so give yours another name`
      )
    }
    super.registerMetric(metric)
    this.onMetric()
  }

  /**
   * Returns the text of one metric in format 0.0.4, whatever content type was set: what is served goes by what the
   * scraper asks for. Rejects when its `collect` function does.
   */
  textOf (name: string): Promise<string> {
    return this.#inText.getSingleMetricAsString(name)
  }
}

function typeOf (metric: Metric): string {
  if (metric instanceof prom.Histogram) return 'histogram'
  if (metric instanceof prom.Summary) return 'summary'
  return metric instanceof prom.Counter ? 'counter' : 'gauge'
}
