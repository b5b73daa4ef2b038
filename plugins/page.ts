import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serveAssets } from '../src/page/assets.js'
import { readBundle } from '../src/page/bundle.js'
import { renderDocument, type Content } from '../src/page/document.js'
import { pageHeaders } from '../src/page/headers.js'
import { pageOptions, type PageOptions } from '../src/page/options.js'
import { joinPath } from '../src/plugin/join-path.js'
import { whenOffered } from '../src/plugin/offers.js'
import { checkPluginOptions } from '../src/plugin/options.js'
import { claimPaths } from '../src/plugin/routes.js'

export type { PageOptions } from '../src/page/options.js'

const noscript = "<noscript><p>This page reads the service's metrics with a script, " +
  'and this browser runs none.</p></noscript>'

/**
 * Serves a page that shows how the service is doing and the journal of its alerts, at `/`, `/journal` and `/runbook`
 * below the prefix that it is registered with. Rejects when the page was not built.
 */
export default async function page (app: FastifyInstance, options: PageOptions): Promise<void> {
  checkPluginOptions('page', pageOptions, options)
  const { title = 'fastify-vitals', version = '', testAlerts = false } = options
  let { managementPort = () => null as number | null } = options
  let served: string | null | undefined
  whenOffered(app, 'metrics', ({ observer, endpoint }) => {
    served = endpoint
    if (options.managementPort === undefined) managementPort = () => observer?.port() ?? null
  })
  const bundle = await readBundle()
  const base = app.prefix.replace(/\/$/, '')
  const found = (given: string | null | undefined, path: string) =>
    given !== undefined ? given : app.hasRoute({ method: 'GET', url: path }) ? path : null

  function send (request: FastifyRequest, reply: FastifyReply, content: Content): FastifyReply {
    const port = managementPort()
    const metrics = options.metrics !== undefined
      ? options.metrics
      : served !== undefined ? served : found(undefined, '/metrics')
    const health = found(options.health, '/health')
    const journal = found(options.journal, '/api/alerts')
    const docs = found(options.docs, '/docs')
    reply.headers(pageHeaders(request.hostname, port))
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(renderDocument(bundle, {
      title, version, base, metrics, health, journal, docs, testAlerts, managementPort: port
    }, content))
  }

  const documents: Array<[path: string, content: Content]> = [
    ['/', { title: 'Now', html: noscript }],
    ['/journal', { title: 'Journal', html: noscript }],
    ['/runbook', { title: 'Runbook', html: `<article lang="en">${bundle.runbook}</article>` }]
  ]
  const paths = documents.map(([path]) => joinPath(app.prefix, path))
  claimPaths(app, { plugin: 'page', moved: "{ prefix: '/status' }", paths })
  for (const [path, content] of documents) {
    app.get(
      path,
      { logLevel: 'warn', config: { shed: false }, schema: { hide: true } },
      async (request, reply) => send(request, reply, content)
    )
  }

  await app.register(serveAssets, { prefix: '/assets', directory: bundle.directory })
}
