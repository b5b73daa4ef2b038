import type { FastifyRequest } from 'fastify'
import { checkRoute, type PressureHandler } from './options.js'

type RouteConfig = FastifyRequest['routeOptions']['config'] & { pressureHandler?: PressureHandler | undefined }

/** Handlers that are counted already, as by the plugin in a context around. */
const counting = new WeakSet<PressureHandler>()

/**
 * Makes a function that is to be called with each request under pressure, and has what its route's own
 * `pressureHandler` refuses counted. A route that was registered before the plugin has not been checked; what is wrong
 * with it can only be warned of by now, and a handler that is no function is taken for none.
 * @param count - is given the type of pressure, as @fastify/under-pressure names it
 */
export function countOwnHandlers (
  count: (type: string) => void,
  warn: (message: string) => void
): (request: FastifyRequest) => void {
  const seen = new WeakSet<RouteConfig>()
  return ({ routeOptions }) => {
    const config = routeOptions.config as RouteConfig
    if (seen.has(config)) return
    seen.add(config)
    try {
      checkRoute({ url: config.url, config })
    } catch (error) {
      warn((error as Error).message)
    }
    const { pressureHandler: handler } = config
    if (typeof handler !== 'function') config.pressureHandler = undefined
    else if (!counting.has(handler)) counting.add(config.pressureHandler = counted(handler, count))
  }
}

/** Wraps a route's handler: what it returns and throws stays as it is, and what it refuses is counted. */
function counted (handler: PressureHandler, count: (type: string) => void): PressureHandler {
  return (request, reply, type, value) => {
    const refuse = (error: unknown) => {
      count(type)
      throw error
    }
    let result: unknown
    try {
      result = handler(request, reply, type, value)
    } catch (error) {
      refuse(error)
    }
    // @fastify/under-pressure sends what is returned, but not what a promise resolves with.
    if (result instanceof Promise) return result.then(() => { if (reply.sent) count(type) }, refuse)
    if (result != null || reply.sent) count(type)
    return result
  }
}
