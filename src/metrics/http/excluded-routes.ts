import type { FastifyInstance } from 'fastify'
import { routesOf } from '../../http/private-routes.js'
import { closest } from '../../plugin/suggest.js'
import { shown } from '../../plugin/words.js'

/** Whether a route is one of those that are left out, by their pattern or by a regular expression that matches it. */
export function isExcluded (url: string, excluded: string | RegExp): boolean {
  return typeof excluded === 'string' ? excluded === url : url.search(excluded) >= 0
}

/** Warns, once the app is ready, of what was to be left out and is no route. */
export function warnOfNoRoute (app: FastifyInstance, excluded: ReadonlyArray<string | RegExp>): void {
  if (excluded.length === 0) return
  app.addHook('onReady', async () => {
    const urls = routesOf(app)
    for (const each of excluded.filter(each => !urls.some(url => isExcluded(url, each)))) {
      const meant = typeof each === 'string' ? closest(each, urls) : undefined
      app.log.warn(
        `The option excludeRoutes of metrics has ${shown(each)}, and no route is so` +
        (meant === undefined ? '' : `: did you mean ${meant}?`)
      )
    }
  })
}
