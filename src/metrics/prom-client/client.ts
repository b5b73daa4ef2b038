import prom from 'prom-client'
import type { Family } from '../family.js'
import { ServedRegistry } from './served-registry.js'

export type MetricsClient = Omit<typeof prom, 'register'> & { register: ServedRegistry }

/**
 * Makes a prom-client of its own: a registry, and metric classes that register there when not told otherwise.
 * prom-client's own classes share one registry in the whole process, where a second app collides with the first.
 * @param families - what is served besides, whose names are taken
 */
export function createMetricsClient (families: readonly Family[]): MetricsClient {
  const register = new ServedRegistry(families)
  const registers = [register]
  return {
    ...prom,
    register,
    collectDefaultMetrics: Object.assign(
      (options: prom.DefaultMetricsCollectorConfiguration<prom.RegistryContentType> = {}) => {
        const { prefix = '', register: to = register } = options
        // Without a prefix its metrics are served already, under the same names.
        if (prefix !== '' || to !== register) prom.collectDefaultMetrics({ ...options, register: to })
      },
      { metricsList: prom.collectDefaultMetrics.metricsList }
    ),
    Counter: class Counter<T extends string> extends prom.Counter<T> {
      constructor (options: prom.CounterConfiguration<T>) { super({ registers, ...options }) }
    },
    Gauge: class Gauge<T extends string> extends prom.Gauge<T> {
      constructor (options: prom.GaugeConfiguration<T>) { super({ registers, ...options }) }
    },
    Histogram: class Histogram<T extends string> extends prom.Histogram<T> {
      constructor (options: prom.HistogramConfiguration<T>) { super({ registers, ...options }) }
    },
    Summary: class Summary<T extends string> extends prom.Summary<T> {
      constructor (options: prom.SummaryConfiguration<T>) { super({ registers, ...options }) }
    }
  }
}
