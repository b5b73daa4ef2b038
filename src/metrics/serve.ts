import type { FastifyInstance } from 'fastify'
import { onlyGet } from '../http/only-methods.js'
import { meet, type RouteGuard } from '../plugin/meet.js'
import type { Renderer } from './renderer.js'

/** Serves an app's metrics at a path, with and without a trailing slash. */
export function serveMetrics (app: FastifyInstance, path: string, render: Renderer): void {
  app.register(async app => {
    const options = { logLevel: 'warn' as const, config: { shed: false } }
    const schema = { tags: ['probes'], summary: 'Metrics in Prometheus\' text format or OpenMetrics, as the scraper asks' }
    // Fastify reads it when all is registered, so that what comes later can guard it as well.
    const onRequest: RouteGuard[] = []
    meet(app, 'management', ({ guardOf }) => {
      const guard = guardOf(app.prefix)
      if (guard !== undefined) onRequest.push(guard)
    })
    app.get('/', { ...options, onRequest, schema: schema as object }, async ({ headers }, reply) => {
      const { headers: own, body, release } = await render({ accept: headers.accept, acceptEncoding: headers['accept-encoding'] as string | undefined })
      reply.raw.once('close', release)
      return await reply.headers(own).send(body)
    })
    onlyGet(app, options)
  }, { prefix: path })
}
