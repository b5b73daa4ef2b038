import fastify from 'fastify'
import client from 'prom-client'
import { serveHello } from './hello.js'

const labelNames = ['method', 'route', 'status_code']
const seconds = new client.Histogram({ name: 'http_request_duration_seconds', help: 'Seconds to answer', labelNames })
const total = new client.Counter({ name: 'http_requests_total', help: 'Answers', labelNames })

const app = fastify()
app.addHook('onResponse', async (request, reply) => {
  const labels = { method: request.method, route: request.routeOptions.url ?? 'unknown', status_code: reply.statusCode }
  seconds.observe(labels, reply.elapsedTime / 1000)
  total.inc(labels)
})
await serveHello(app)
