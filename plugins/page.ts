import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readBundle } from '../src/page/bundle.js'
import { renderDocument, type Content } from '../src/page/document.js'
import { pageHeaders } from '../src/page/headers.js'

export interface PageOptions {
  /** Name of the service; `fastify-vitals` when not given. */
  title?: string
  /** Version of the service. */
  version?: string
  /** Path of the metrics; null where this port does not serve them. */
  metrics?: string | null
  /** Path of the health checks; null for none. */
  health?: string | null
  /** Path of an alert journal; found at `/api/alerts` when not given, null for none. */
  journal?: string | null
  /** Path of the routes' documentation; found at `/docs` when not given, null for none. */
  docs?: string | null
  /** Whether the journal takes alerts without a token, so that the page offers to send one as a test. */
  testAlerts?: boolean
  /** Tells the port that serves metrics while this one does not; asked for each document. */
  managementPort?: () => number | null
}

const noscript = '<noscript><p>This page reads the service\'s metrics with a script, and this browser runs none.</p></noscript>'

/**
 * Serves a page that shows how the service is doing and the journal of its alerts, at `/`, `/journal` and `/runbook` below the
 * prefix that it is registered with. Rejects when the page was not built.
 */
export default async function page (app: FastifyInstance, options: PageOptions): Promise<void> {
  const { title = 'fastify-vitals', version = '', metrics = '/metrics', health = '/health', testAlerts = false, managementPort = () => null } = options
  const bundle = await readBundle()
  const base = app.prefix.replace(/\/$/, '')
  const found = (given: string | null | undefined, path: string) => given !== undefined ? given : app.hasRoute({ method: 'GET', url: path }) ? path : null

  function send (request: FastifyRequest, reply: FastifyReply, content: Content): FastifyReply {
    const port = managementPort()
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
  for (const [path, content] of documents) {
    app.get(path, { logLevel: 'warn', config: { shed: false }, schema: { hide: true } }, async (request, reply) => send(request, reply, content))
  }

  await app.register(async app => {
    app.addHook('onRoute', route => {
      route.logLevel = 'warn'
      route.config = { ...route.config, shed: false }
      route.schema = { hide: true }
    })
    app.addHook('onRequest', async (request, reply) => { reply.headers(pageHeaders(request.hostname, null)) })
    await app.register(fastifyStatic, { root: bundle.directory, prefix: '/assets/', decorateReply: false, preCompressed: true, immutable: true, maxAge: '1y', index: false })
  })
}
