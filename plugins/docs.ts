import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

export interface DocsOptions {
  version: string
  /** Whether the page lets people send requests, which go to the port that it is served on. */
  tryItOut?: boolean
}

// Swagger UI sets styles from its scripts, which only 'unsafe-inline' allows; scripts are files, and nothing is from elsewhere.
const contentSecurityPolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'"
}

const headers = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}

/** Serves a page about every route at `/docs`, and the OpenAPI document behind it at `/docs/json`. */
export default fp(async function docs (app: FastifyInstance, { version, tryItOut = true }: DocsOptions) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'fastify-vitals', version, description: 'An alert journal that knows its own vital signs.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      tags: [
        { name: 'alerts', description: 'The history of alerts' },
        { name: 'probes', description: 'For orchestrators and Prometheus' }
      ]
    }
  })
  await app.register(async app => {
    app.addHook('onRequest', async (_request, reply) => { reply.headers(headers) })
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: contentSecurityPolicy,
      uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: -1, ...!tryItOut && { supportedSubmitMethods: [] } }
    })
  })
}, { name: 'docs', fastify: '5.x' })
