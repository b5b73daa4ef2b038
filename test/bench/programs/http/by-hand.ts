import type { FastifyInstance } from 'fastify'
import type client from 'prom-client'

/** Records a histogram and a counter by a client's own means, as its users do. */
export function recordByHand (
  app: FastifyInstance,
  { Histogram, Counter }: Pick<typeof client, 'Histogram' | 'Counter'>
): void {
  const labelNames = ['method', 'route', 'status_code']
  const seconds = new Histogram({ name: 'http_request_duration_seconds', help: 'Seconds to answer', labelNames })
  const total = new Counter({ name: 'http_requests_total', help: 'Answers', labelNames })
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status_code: reply.statusCode
    }
    seconds.observe(labels, reply.elapsedTime / 1000)
    total.inc(labels)
  })
}
