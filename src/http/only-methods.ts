import type { FastifyInstance, RouteShorthandOptions } from 'fastify'
import { MethodNotAllowed } from './errors.js'

/** Answers requests to `/` of an app with 405 and `Allow`, before their body is read, unless they are GET or HEAD. */
export function onlyGet (app: FastifyInstance, options: RouteShorthandOptions): void {
  const isAnswered = (method: string) =>
    ['', '/'].some(slash => app.hasRoute({ method: method as 'GET', url: app.prefix + slash }))
  const answered = ['GET', 'HEAD'].filter(isAnswered)
  app.route({
    ...options,
    method: app.supportedMethods.filter(method => !answered.includes(method)),
    url: '/',
    schema: { hide: true } as object,
    onRequest: async (_request, reply) => {
      reply.header('allow', answered.join(', '))
      throw new MethodNotAllowed(answered.join(' and '))
    },
    handler: async () => {}
  })
}
