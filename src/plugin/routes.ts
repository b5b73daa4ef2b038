import type { FastifyInstance, RouteOptions } from 'fastify'
import { rootOf } from './root-context.js'

/** The plugins that have claimed paths of an app, by path. */
const claims = new WeakMap<FastifyInstance, Map<string, string>>()

export interface Claim {
  plugin: string
  /** The option that moves its routes, as one would write it. */
  moved: string
  /** Paths that it is about to answer GET at, without a trailing slash. */
  paths: readonly string[]
  constraints?: RouteOptions['constraints']
}

/**
 * Throws an Error that names the plugin, and how to move it, when a route is at one of its paths already, or comes
 * there later. Fastify would name only the route. To be called before the plugin adds its routes.
 */
export function claimPaths (app: FastifyInstance, { plugin, moved, paths, constraints = {} }: Claim): void {
  const root = rootOf(app)
  const claimed = claims.get(root) ?? new Map<string, string>()
  claims.set(root, claimed)
  const again = paths.find(path => claimed.get(path) === plugin)
  if (again !== undefined) {
    throw new Error(
      `${plugin} is registered twice in this app, and both times for ${again || '/'}: ` +
      `register it once, or move one of them with ${moved}`
    )
  }
  const has = (method: string, url: string, constraints: Claim['constraints'] = {}) =>
    app.hasRoute({ method: method as 'GET', url, constraints })
  const refuse = (method: string, url: string) => {
    throw new Error(
      `${plugin} answers ${method} ${url}, and so does another route of this app: ` +
      `take that out, or move ${plugin} with ${moved}`
    )
  }
  const taken = paths.flatMap(path => [path, `${path}/`]).find(url => url !== '' && has('GET', url, constraints))
  if (taken !== undefined) refuse('GET', taken)
  for (const path of paths) claimed.set(path, plugin)

  const look = ({ method, url, constraints }: RouteOptions) => {
    if (!paths.includes(url.replace(/\/$/, ''))) return
    // Fastify adds HEAD by itself, unless there is one.
    const taken = [method].flat().find(method => method !== 'HEAD' && has(method, url, constraints))
    if (taken !== undefined) refuse(taken, url)
  }
  // A context has the hooks that the one around it had when it began.
  for (let context = app; context !== root; context = Object.getPrototypeOf(context)) context.addHook('onRoute', look)
  root.addHook('onRoute', look)
}
