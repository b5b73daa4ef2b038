import type { FastifyInstance } from 'fastify'

/** Returns the outermost context of an app: each context within has the one around it for its prototype. */
export function rootOf (app: FastifyInstance): FastifyInstance {
  const around = Object.getPrototypeOf(app) as FastifyInstance
  return around === Object.prototype as object ? app : rootOf(around)
}
