import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { managementOptions, type ManagementOptions } from '../src/http/management-options.js'
import { isBelow, routesOf } from '../src/http/private-routes.js'
import { createTokenGuard } from '../src/http/token.js'
import { assertFirst, offer } from '../src/plugin/offers.js'
import { checkPluginOptions } from '../src/plugin/options.js'

export type { ManagementOptions } from '../src/http/management-options.js'

declare module '../src/plugin/offers.js' {
  interface Offers {
    /** What guards the metrics that are served at a URL, if they are for operators. */
    management: { readonly guardOf: (url: string) => onRequestAsyncHookHandler | undefined }
  }
}

/**
 * Guards what is for operators with a token. Throws a TypeError when an option is wrong, and an Error that names a
 * route for operators that is there already and so cannot be guarded, or when it is registered twice in an app.
 */
export default fp(async function management (app: FastifyInstance, options: ManagementOptions) {
  checkPluginOptions('management', managementOptions, options)
  assertFirst(app, 'management')
  const { private: hidden = ['/metrics', '/docs'], token = '' } = options
  if (token === '') {
    // A second one is refused all the same.
    offer(app, 'management', { guardOf: () => undefined })
    return
  }
  if (hidden.length === 0) {
    throw new TypeError('The options of management have a token that guards nothing, for private is an empty list')
  }

  const guard = createTokenGuard(token, { browsers: true })
  const guarded = new Set<string>()
  offer(app, 'management', {
    guardOf: url => {
      // Metrics are private wherever they are served, unless the option says which paths are.
      if (options.private !== undefined && !isBelow(url, hidden)) return undefined
      guarded.add(url)
      return guard
    }
  })
  const open = routesOf(app).find(url => isBelow(url, hidden) && !guarded.has(url.replace(/\/$/, '')))
  if (open !== undefined) {
    throw new Error(
      `management is registered after the route ${open}, ` +
      'which it is to guard and cannot: register it before what makes that route'
    )
  }
  if (options.private !== undefined) {
    app.addHook('onReady', async () => {
      const urls = routesOf(app)
      for (const path of hidden.filter(path => !urls.some(url => isBelow(url, [path])))) {
        app.log.warn(`The option private of management has ${path}, where no route is: nothing is guarded there`)
      }
    })
  }
  app.addHook('onRoute', route => {
    if (isBelow(route.url, hidden)) {
      route.onRequest = [
        guard,
        ...[route.onRequest ?? []].flat().filter(hook => hook !== guard)
      ]
    }
  })
}, { name: 'management', fastify: '5.x' })
