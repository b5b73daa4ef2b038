import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { answer } from '../control.js'

/** Serves an app on a free port, which it tells to whoever started this program. */
export async function serve (app: FastifyInstance): Promise<void> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  answer({ port: () => (app.server.address() as AddressInfo).port })
}
