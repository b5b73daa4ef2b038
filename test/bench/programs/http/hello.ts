import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { answer, argument } from '../../control.js'

export interface Hello {
  /** Routes besides `/`: `/routes/0` and so on. */
  routes?: number
  /** Status codes that the answers have in turn. */
  statuses?: number
}

/** Serves the hello routes on a free port, to whoever asks for it. */
export async function serveHello (app: FastifyInstance): Promise<void> {
  const { routes = 0, statuses = 1 } = argument<Hello>()
  app.get('/', async () => ({ hello: 'world' }))
  for (let route = 0; route < routes; route++) app.get(`/routes/${route}`, async () => ({ hello: 'world' }))
  let count = 0
  // From 220, because 204 and 205 would have no body.
  app.get('/statuses', async (_request, reply) => {
    reply.statusCode = 220 + count++ % statuses
    return { hello: 'world' }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  answer({ port: () => (app.server.address() as AddressInfo).port })
}
