// Metrics alone, with an exporter that is never asked for them.
import { freePort } from '../../../fixtures/programs.js'
import { serveHello } from '../http/hello.js'
import { peer } from './peer.js'

Object.assign(process.env, {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'prometheus',
  OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
  OTEL_NODE_RESOURCE_DETECTORS: 'none'
})
peer('@opentelemetry/auto-instrumentations-node/register')

const { fastify } = await import('fastify')
await serveHello(fastify())
