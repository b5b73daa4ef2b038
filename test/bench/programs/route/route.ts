import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Sql } from '../../../../src/postgres/client/client.js'
import { serve } from '../serve.js'

export interface Route {
  url: string
}

/** Serves a route that asks the database once. */
export async function serveRoute (app: FastifyInstance, sqlOf: (request: FastifyRequest) => Sql): Promise<void> {
  app.get('/', async request => await sqlOf(request)`/* find_one */ select 1 as one`)
  await serve(app)
}
