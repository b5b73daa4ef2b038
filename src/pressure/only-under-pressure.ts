import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type underPressure from '@fastify/under-pressure'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void

/**
 * Wraps @fastify/under-pressure so that it looks at a request only while there is pressure. It first asks each request
 * for its route's options, and Fastify makes an object of twelve fields whenever these are read.
 * @param before - called with each request under pressure, before the plugin looks at it
 */
export function onlyUnderPressure (
  plugin: typeof underPressure,
  before: (request: FastifyRequest) => void
): typeof underPressure {
  return fp(async (app, options) => {
    const addHook = (name: 'onRequest', hook: Hook) => {
      app.addHook(
        name,
        name !== 'onRequest'
          ? hook
          : (request, reply, done) => {
              if (!app.isUnderPressure()) {
                done()
                return
              }
              before(request)
              hook(request, reply, done)
            }
      )
    }
    // The wrapped plugin gets an app with another `addHook`; its other calls change the app itself.
    const own = { addHook, decorate: app.decorate.bind(app), route: app.route.bind(app) }
    await plugin(Object.assign(Object.create(app) as FastifyInstance, own), options)
  }, { name: 'only-under-pressure', fastify: '5.x' }) as typeof underPressure
}
