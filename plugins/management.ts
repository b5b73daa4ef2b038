import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createTokenGuard } from '../src/http/token.js'

export interface ManagementOptions {
  /** Paths whose routes are for operators only; routes below them, too. */
  private?: string[]
  /** Token that private routes ask for, as a bearer token or the password of any user; none when empty. */
  token?: string
}

/** Guards what is for operators with a token. Register it before the routes. */
export default fp(async function management (app: FastifyInstance, { private: hidden = ['/metrics', '/docs'], token = '' }: ManagementOptions) {
  if (token === '') return
  const guard = createTokenGuard(token, { browsers: true })
  app.addHook('onRoute', route => {
    if (isBelow(route, hidden)) route.onRequest = [guard, ...[route.onRequest ?? []].flat().filter(hook => hook !== guard)]
  })
}, { name: 'management', fastify: '5.x' })

function isBelow ({ url }: Pick<RouteOptions, 'url'>, paths: string[]): boolean {
  return paths.some(path => url === path || url.startsWith(`${path}/`))
}
