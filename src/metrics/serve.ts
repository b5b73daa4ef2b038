import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import { refuseOtherMethods } from '../http/only-methods.js'
import { joinPath } from '../plugin/join-path.js'
import { whenOffered } from '../plugin/offers.js'
import { claimPaths } from '../plugin/routes.js'
import type { MetricsOptions } from './options.js'
import type { Renderer } from './renderer.js'

/**
 * Serves an app's metrics at the path that its options say, with and without a trailing slash. Returns it, or null
 * where it is none.
 */
export function serveMetrics (
  app: FastifyInstance,
  { endpoint = '/metrics', prefix = '' }: Pick<MetricsOptions, 'endpoint' | 'prefix'>,
  render: Renderer
): string | null {
  if (endpoint === null) return null
  const { url, method: _get, ...own } = typeof endpoint === 'string' ? { url: endpoint } : endpoint
  const path = joinPath(prefix, url)
  claimPaths(app, {
    plugin: 'metrics',
    moved: "{ endpoint: '/internal/metrics' }",
    paths: [joinPath(app.prefix, path)],
    ...own.constraints !== undefined && { constraints: own.constraints }
  })
  app.register(async app => {
    const options = { logLevel: 'warn' as const, config: { shed: false } }
    const schema = {
      tags: ['probes'],
      summary: 'Metrics in Prometheus\' text format or OpenMetrics, as the scraper asks'
    }
    // Fastify reads it when all is registered, so that what comes later can guard it as well.
    const onRequest = [own.onRequest ?? []].flat() as onRequestAsyncHookHandler[]
    whenOffered(app, 'management', ({ guardOf }) => {
      const guard = guardOf(app.prefix)
      if (guard !== undefined) onRequest.push(guard)
    })
    app.get('/', {
      ...options,
      schema: schema as object,
      ...own,
      config: { ...own.config, ...options.config },
      onRequest
    }, async ({ headers }, reply) => {
      const {
        headers: own,
        body,
        release
      } = await render({ accept: headers.accept, acceptEncoding: headers['accept-encoding'] as string | undefined })
      reply.raw.once('close', release)
      return await reply.headers(own).send(body)
    })
    refuseOtherMethods(app, options)
  }, { prefix: path })
  return joinPath(app.prefix, path) || '/'
}
