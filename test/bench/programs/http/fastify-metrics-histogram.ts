import fastify from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import client from 'prom-client'
import { serveHello } from './hello.js'

const app = fastify()
await app.register(fastifyMetrics.default, {
  promClient: client,
  defaultMetrics: { enabled: false },
  routeMetrics: { enabled: { histogram: true, summary: false } }
})
await serveHello(app)
