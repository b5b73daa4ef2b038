import type { FastifyBaseLogger, FastifyContextConfig, RouteOptions } from 'fastify'
import { checkOptions } from '../../plugin/options.js'
import { Type } from '../../schema.js'

const boolean = Type.Optional(Type.Boolean())
const schema = Type.Object({
  config: Type.Object({ metrics: boolean, disableMetrics: boolean, serverTiming: boolean })
})

/** Throws a TypeError when a route's `config` says of metrics what nobody understands. */
export function checkRouteConfig ({ url, config }: Pick<RouteOptions, 'url' | 'config'>): void {
  checkOptions(`the route ${url}`, schema, { config: config ?? {} })
}

/** Warns of the same, where a route was registered before the plugin and it is too late to refuse it. */
export function warnOfRouteConfig (
  log: Pick<FastifyBaseLogger, 'warn'>,
  config: FastifyContextConfig & { url: string }
): void {
  try {
    checkRouteConfig({ url: config.url, config })
  } catch (error) {
    log.warn((error as Error).message)
  }
}
