import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

export interface DocsOptions {
  /** Name of the service. */
  title?: string
  version: string
  /** Whether any route asks for a token, which the page then lets people give. */
  tokens?: boolean
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
export default fp(async function docs (app: FastifyInstance, { title = 'fastify-vitals', version, tokens = false, tryItOut = true }: DocsOptions) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description: 'An alert journal that knows its own vital signs.' },
      ...tokens && { components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } },
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
      theme: { title: `${title} API` },
      // The other layout has a bar that asks for the address of a document.
      uiConfig: { layout: 'BaseLayout', docExpansion: 'list', defaultModelsExpandDepth: -1, ...!tryItOut && { supportedSubmitMethods: [] } }
    })
  })
}, { name: 'docs', fastify: '5.x' })
