import type { FastifyRequest } from 'fastify'

/** What Fastify keeps of a route; one object for all requests to it, and one for those that match none. */
export type RouteConfig = FastifyRequest['routeOptions']['config']

/**
 * Makes a function that reads the configuration of a request's route. `request.routeOptions` builds an object of twelve
 * fields at each reading, so the request's own reference to its route is used where it is found to be as known.
 */
export function createRouteReader (): (request: FastifyRequest) => RouteConfig {
  let read: ((request: FastifyRequest) => RouteConfig) | undefined
  return request => (read ??= findReader(request))(request)
}

function findReader (request: FastifyRequest): (request: FastifyRequest) => RouteConfig {
  const own = request as unknown as Record<symbol, { config?: RouteConfig } | undefined>
  const route = Object.getOwnPropertySymbols(request).find(symbol => own[symbol]?.config !== undefined &&
    own[symbol].config === request.routeOptions.config)
  if (route === undefined) return request => request.routeOptions.config
  return request => (request as unknown as Record<symbol, { config: RouteConfig }>)[route]?.config as RouteConfig
}
