// The route, its query and the logger as the service has them, and nothing else.
import fastify from 'fastify'
import journal from '../../../../src/journal/routes.js'
import postgres from 'postgres'
import { argument } from '../../control.js'
import { serve } from '../serve.js'
import type { Alerts } from './alerts.js'

const app = fastify({
  logger: { level: 'info', stream: process.stdout },
  routerOptions: { ignoreTrailingSlash: true },
  ajv: { customOptions: { removeAdditional: false } }
})
await app.register(journal, { prefix: '/api/alerts', sql: postgres(argument<Alerts>().url) })
await serve(app)
