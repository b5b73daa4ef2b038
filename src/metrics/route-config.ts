import type { RouteOptions } from 'fastify'
import { checkOptions } from '../plugin/options.js'
import { Type } from '../schema.js'

const boolean = Type.Optional(Type.Boolean())
const schema = Type.Object({
  config: Type.Object({ metrics: boolean, disableMetrics: boolean, serverTiming: boolean })
})

/** Throws a TypeError when a route's `config` says of metrics what nobody understands. */
export function checkRouteConfig ({ url, config }: Pick<RouteOptions, 'url' | 'config'>): void {
  checkOptions(`the route ${url}`, schema, { config: config ?? {} })
}
