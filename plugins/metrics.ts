import type { FastifyInstance } from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import fp from 'fastify-plugin'
import { createMetricsClient } from '../src/metrics/client.js'
import type {} from '@fastify/swagger'
import type {} from './pressure.js'

/** Serves `/metrics`, with and without a trailing slash: this app's registry, the process, Node.js, and HTTP by route. */
export default fp(async function metrics (app: FastifyInstance) {
  const client = createMetricsClient()

  await app.register(fastifyMetrics.default, {
    promClient: client,
    endpoint: null,
    routeMetrics: { enabled: { histogram: true, summary: false }, registeredRoutesOnly: false, methodBlacklist: [] }
  })

  app.register(async app => {
    app.get('/', { logLevel: 'warn', config: { shed: false }, schema: { tags: ['probes'], summary: 'Metrics in Prometheus\' text format' } }, async (_request, reply) => {
      return await reply.type(client.register.contentType).header('cache-control', 'no-store').send(await client.register.metrics())
    })
  }, { prefix: '/metrics' })
}, { name: 'metrics', fastify: '5.x' })
