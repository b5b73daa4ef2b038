import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

export interface DocsOptions {
  version: string
}

/** Serves a page about every route at `/docs`, and the OpenAPI document behind it at `/docs/json`. */
export default fp(async function docs (app: FastifyInstance, { version }: DocsOptions) {
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
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: -1 } })
}, { name: 'docs', fastify: '5.x' })
