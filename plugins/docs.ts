import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createInnerApp } from '../src/http/inner-app.js'

export interface DocsOptions {
  /** Name of the service. */
  title?: string
  version: string
  /** Whether any route asks for a token, which the page then lets people give. */
  tokens?: boolean
  /** Whether the page lets people send requests, which go to the port that it is served on. */
  tryItOut?: boolean
}

// Swagger UI sets styles from its scripts, which only 'unsafe-inline' allows; scripts are files, and nothing is from
// elsewhere.
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

/**
 * Serves a page about every route that comes after it at `/docs`, and the OpenAPI document behind it at `/docs/json`.
 * What makes them is loaded when somebody asks for them.
 */
export default fp(async function docs (app: FastifyInstance, options: DocsOptions) {
  const told: RouteOptions[] = []
  app.addHook('onRoute', route => { if (route.method !== 'HEAD' && !/^\/docs(\/|$)/.test(route.url)) told.push(route) })
  const handler = createInnerApp(app, async () => await buildDocs(app, told, options))

  await app.register(async app => {
    app.addHook('onRequest', async (_request, reply) => { reply.headers(headers) })
    for (const url of ['/docs', '/docs/*']) app.get(url, { schema: { hide: true }, handler })
  })
}, { name: 'docs', fastify: '5.x' })

async function buildDocs (
  app: FastifyInstance,
  told: RouteOptions[],
  { title = 'fastify-vitals', version, tokens = false, tryItOut = true }: DocsOptions
): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui')
  ])
  const inner = Fastify({ exposeHeadRoutes: false, routerOptions: { ignoreTrailingSlash: true } })
  for (const schema of Object.values(app.getSchemas())) inner.addSchema(schema)
  await inner.register(swagger, {
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
  await inner.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    theme: { title: `${title} API` },
    // The other layout has a bar that asks for the address of a document.
    uiConfig: {
      layout: 'BaseLayout',
      docExpansion: 'list',
      defaultModelsExpandDepth: -1,
      ...!tryItOut && { supportedSubmitMethods: [] }
    }
  })
  // These routes are described, and never called.
  await inner.register(async inner => {
    inner.setValidatorCompiler(() => () => true)
    inner.setSerializerCompiler(() => () => '')
    for (const { method, url, schema = {}, config, constraints = {} } of told) {
      inner.route({ method, url, schema, ...config && { config }, constraints, handler: async () => {} })
    }
  })
  await inner.ready()
  return inner
}
