import type { FastifyRequest } from 'fastify'

/** What Fastify keeps of a route; one object for all requests to it, and one for those that match none. */
export type RouteConfig = FastifyRequest['routeOptions']['config']

/** A request as Fastify keeps its route. */
export type Routed<Config = RouteConfig> = Record<symbol, { readonly config: Config } | undefined>

/**
 * The key of a request's own reference to its route, where it is found to be as known: `request.routeOptions` builds an
 * object of twelve fields at each reading. Undefined where it is not.
 */
export function routeKeyOf (request: FastifyRequest): symbol | undefined {
  const own = request as unknown as Routed
  return Object.getOwnPropertySymbols(request).find(symbol => own[symbol]?.config !== undefined &&
    own[symbol].config === request.routeOptions.config)
}
