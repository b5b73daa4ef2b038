import type { FastifyInstance, RouteShorthandOptions } from 'fastify'
import { MethodNotAllowed } from './errors.js'

/**
 * Answers requests to a path of an app whose method has no route there with 405 and `Allow`, before their body is read.
 * To be called when the path has all of its routes. Throws the error that Fastify has for a route that is added once
 * the app has started.
 * @param url - the path, below the prefix of the app
 */
export function refuseOtherMethods (app: FastifyInstance, options: RouteShorthandOptions, url = '/'): void {
  const urls = url === '/' ? [app.prefix, `${app.prefix}/`] : [app.prefix + url]
  const isAnswered = (method: string) => urls.some(url => app.hasRoute({ method: method as 'GET', url }))
  const answered = app.supportedMethods.filter(isAnswered).sort()
  app.route({
    ...options,
    method: app.supportedMethods.filter(method => !answered.includes(method)),
    url,
    schema: { hide: true } as object,
    onRequest: async (_request, reply) => {
      reply.header('allow', answered.join(', '))
      throw new MethodNotAllowed(answered.join(', ').replace(/, (?=\w+$)/, ' and '))
    },
    handler: async () => {}
  })
}
