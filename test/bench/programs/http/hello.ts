import type { FastifyInstance } from 'fastify'
import { argument } from '../../control.js'
import { serve } from '../serve.js'

export interface Hello {
  /** Routes besides `/`: `/routes/0` and so on. */
  routes?: number
  /** Logs as the service does: all but what its probes are asked. */
  logger?: boolean
  /** Status codes that `/statuses` answers with in turn. */
  statuses?: number
}

/** Serves the hello routes. */
export async function serveHello (app: FastifyInstance): Promise<void> {
  const { routes = 0, statuses = 1, logger = false } = argument<Hello>()
  app.get('/', logger ? { logLevel: 'warn' } : {}, async () => ({ hello: 'world' }))
  for (let route = 0; route < routes; route++) app.get(`/routes/${route}`, async () => ({ hello: 'world' }))
  let count = 0
  app.get('/statuses', async (_request, reply) => {
    // From 220, because 204 and 205 would have no body.
    reply.statusCode = 220 + count++ % statuses
    return { hello: 'world' }
  })
  await serve(app)
}
