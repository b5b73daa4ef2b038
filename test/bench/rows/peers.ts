import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts } from '../compare.js'
import { majors, nodeOf } from '../nodes.js'
import { installPeers } from '../peers.js'
import type { Result } from '../result.js'
import { on, plugins, requests } from '../workload.js'

const programs: Record<string, string> = {
  'fastify-metrics': 'http/fastify-metrics',
  'fastify-metrics, histogram only': 'http/fastify-metrics-histogram',
  'prom-client by hand': 'http/prom-client',
  '@prometheus-io/client by hand': 'peers/prometheus-client',
  '@platformatic/http-metrics': 'peers/http-metrics',
  'OpenTelemetry histogram by hand': 'http/opentelemetry',
  'OpenTelemetry auto-instrumentation, metrics': 'peers/auto-instrumentation',
  '@fastify/otel, spans': 'peers/fastify-otel'
}

/** A hello route with our recording and with what others record it by, beside the bare one, on the image's Node.js. */
export async function peers (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  const node = await nodeOf(majors[0])
  const absent = await installPeers().then(() => undefined, (error: Error) => ({ missing: error.message }))
  const isMissing = (file: string) => absent !== undefined && file.startsWith('peers/')
  const present = Object.entries(programs).filter(([, file]) => !isMissing(file))
  const others = present.map(([name, file]) => on(node, requests(bench, name, { file })))
  const row = {
    row: 'peers',
    node: node.version,
    beside: 'bare Fastify',
    measure: 'instructions',
    unit: 'instructions'
  } as const
  return [
    ...await compareWorkloads(
      bench,
      'peers',
      plugins(bench, [], node),
      [plugins(bench, ['metrics'], node), ...others].map(it => ({ it }))
    ),
    ...Object.entries(programs).filter(([, file]) => isMissing(file)).map(([what]) => ({ ...row, what, ...absent }))
  ]
}
