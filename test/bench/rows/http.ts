import type { Bench } from '../bench.js'
import { compareWorkloads } from '../compare.js'
import type { Result } from '../result.js'
import { requests } from '../workload.js'

/** A hello route with all HTTP recording on, and with what others record it by, beside the bare one. */
export async function http (bench: Bench): Promise<Result[]> {
  return await compareWorkloads(bench, 'http', requests(bench, 'bare Fastify', 'bare'), [
    { it: requests(bench, 'fastify-vitals', 'ours'), target: { ratio: 1.02 } },
    { it: requests(bench, 'fastify-metrics', 'fastify-metrics') },
    { it: requests(bench, 'fastify-metrics, histogram only', 'fastify-metrics-histogram') },
    { it: requests(bench, 'prom-client by hand', 'prom-client') },
    { it: requests(bench, 'OpenTelemetry histogram', 'opentelemetry') }
  ])
}
