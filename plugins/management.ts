import { createServer, IncomingMessage, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createTokenGuard } from '../src/token.js'

declare module 'fastify' {
  interface FastifyInstance {
    management: Management
  }
}

export interface ManagementOptions {
  /** Paths whose routes are for operators only; routes below them, too. */
  private?: string[]
  /** Likewise, of routes that both ports serve when there are two. */
  shared?: string[]
  /** Token that private routes ask for, as a bearer token or the password of any user; none when empty. */
  token?: string
  /** Whether private routes are served on a port of their own, by `listen`, and all others but the shared ones are not. */
  apart?: boolean
  /** Options of that port's server. */
  http?: ServerOptions
}

export interface Management {
  /** Listens for operators. Rejects when the address cannot be had, and when routes are not apart. */
  listen: (address: { host: string, port: number }) => Promise<AddressInfo>
}

type Storage = ReturnType<Parameters<FastifyInstance['addConstraintStrategy']>[0]['storage']>
type Side = 'main' | 'management'

class ManagementRequest extends IncomingMessage {}

/** Guards what is for operators with a token, or moves it to a port of its own, or both. Register it before the routes. */
export default fp(async function management (app: FastifyInstance, options: ManagementOptions) {
  const { private: hidden = ['/metrics', '/docs'], shared = ['/health'], token = '', apart = false, http = {} } = options
  const guard = token === '' ? undefined : createTokenGuard(token, { browsers: true })
  let server: Server | undefined

  if (apart) {
    app.addConstraintStrategy({
      name: 'side',
      storage: () => {
        const handlers = new Map<unknown, ReturnType<Storage['get']>>()
        return { get: side => handlers.get(side) ?? null, set: (side, handler) => { handlers.set(side, handler) } }
      },
      deriveConstraint: (request): Side => request instanceof ManagementRequest ? 'management' : 'main'
    })
  }

  app.addHook('onRoute', route => {
    const isHidden = isBelow(route, hidden)
    if (isHidden && guard !== undefined) route.onRequest = [guard, ...[route.onRequest ?? []].flat().filter(hook => hook !== guard)]
    if (apart && !isBelow(route, shared)) route.constraints = { ...route.constraints, side: isHidden ? 'management' : 'main' }
  })

  // It closes last, so that probes and scrapes see the rest close.
  app.addHook('onClose', async () => {
    if (server === undefined) return
    const closed = promisify(server.close.bind(server))()
    server.closeAllConnections()
    await closed
  })

  async function listen ({ host, port }: { host: string, port: number }) {
    if (!apart) throw new Error('The management plugin was registered without "apart": true')
    await app.ready()
    const opened = createServer({ ...http, IncomingMessage: ManagementRequest }, app.routing)
    opened.keepAliveTimeout = (app.server as Server).keepAliveTimeout
    opened.setTimeout((app.server as Server).timeout)
    for (const listener of app.server.listeners('clientError')) opened.on('clientError', listener as () => void)
    await new Promise<void>((resolve, reject) => { opened.once('error', reject).listen({ host, port }, resolve) })
    server = opened
    return server.address() as AddressInfo
  }

  app.decorate('management', { listen })
}, { name: 'management', fastify: '5.x' })

function isBelow ({ url }: Pick<RouteOptions, 'url'>, paths: string[]): boolean {
  return paths.some(path => url === path || url.startsWith(`${path}/`))
}
