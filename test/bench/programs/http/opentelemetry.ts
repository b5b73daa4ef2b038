import { metrics } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import fastify from 'fastify'
import { serveHello } from './hello.js'

/** Collects when asked, as a Prometheus exporter does. */
class Reader extends MetricReader {
  protected override async onShutdown () {}
  protected override async onForceFlush () {}
}

metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new Reader()] }))
const seconds = metrics.getMeter('bench').createHistogram('http.server.request.duration', { unit: 's' })

const app = fastify()
app.addHook('onResponse', async (request, reply) => {
  seconds.record(reply.elapsedTime / 1000, {
    'http.request.method': request.method,
    'http.route': request.routeOptions.url ?? 'unknown',
    'http.response.status_code': reply.statusCode,
    'url.scheme': request.protocol
  })
})
await serveHello(app)
