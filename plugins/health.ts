import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { CheckFunction } from '../src/health/check.js'
import { healthOptions, type CheckOptions, type HealthOptions } from '../src/health/options.js'
import { Probes } from '../src/health/probes.js'
import { createHealthRecorder } from '../src/health/record.js'
import { aliveSchema, healthSchema, readySchema } from '../src/health/schema.js'
import { refuseOtherMethods } from '../src/http/only-methods.js'
import { loopBlocked } from '../src/observer/protocol.js'
import { assertFree } from '../src/plugin/assert-free.js'
import { joinPath } from '../src/plugin/join-path.js'
import { assertFirst, offer, whenOffered } from '../src/plugin/offers.js'
import { checkPluginOptions } from '../src/plugin/options.js'
import { claimPaths } from '../src/plugin/routes.js'
import type {} from './pressure.js'

export type { HealthOptions } from '../src/health/options.js'

declare module 'fastify' {
  interface FastifyInstance {
    health: Health
  }
}

export interface Health {
  /** Adds a check. Throws a TypeError when its name is taken or an argument is wrong. */
  check: (name: string, run: CheckFunction, options?: CheckOptions) => void
  /**
   * Drops the outcomes of all checks, so that each runs anew when it is asked for next. To be called when something
   * that they look at has changed.
   */
  recheck: () => void
  /** Has readiness answer 503 `shutting_down` from now on; requests are still served. */
  drain: () => void
}

declare module '../src/plugin/offers.js' {
  interface Offers {
    health: Pick<Health, 'check'>
  }
}

/** Serves `/health`, `/health/ready` and `/health/live`, with and without a trailing slash. */
export default fp(async function health (app: FastifyInstance, options: HealthOptions) {
  checkPluginOptions('health', healthOptions, options)
  assertFirst(app, 'health')
  assertFree(Object.hasOwn(app, 'health'), 'health', 'health')
  const { timeout = 2000, keep = 500, prefix = '' } = options

  const pressure = () => app.hasDecorator('pressure') ? app.pressure : undefined
  const probes = new Probes({ timeout, keep, log: app.log, overloaded: () => pressure()?.overloaded() })
  const check: Health['check'] = (name, run, options) => { probes.add(name, run, options) }

  // The observer keeps outcomes, too.
  let tell = () => {}
  const recheck = () => {
    probes.recheck()
    tell()
  }
  const drain = () => { probes.enter('draining') }
  app.decorate('health', { check, recheck, drain })
  offer(app, 'health', { check })
  whenOffered(app, 'metrics', ({ catalogue, guard, observer }) => {
    probes.recordBy(createHealthRecorder(catalogue, guard, observer === undefined ? undefined : loopBlocked))
    // Where nobody probes a service, its scrapes run the checks, and show how they went before.
    catalogue.onRefresh(() => { probes.look() })
    if (observer !== undefined) tell = observer.learn
    observer?.answer('health', async () => await probes.health())
    observer?.answer('ready', async () => await probes.ready())
  })

  app.addHook('preClose', async () => { probes.enter('closing') })
  // Plugins close in the reverse of their order.
  app.addHook('onClose', async () => { probes.enter('ended') })

  const path = joinPath(prefix, '/health')
  const paths = ['', '/ready', '/live'].map(below => joinPath(app.prefix, path + below))
  claimPaths(app, { plugin: 'health', moved: "{ prefix: '/internal' }", paths })
  const route = { logLevel: 'warn' as const, config: { shed: false } }

  app.register(async app => {
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store')
      done()
    })

    app.get('/', { ...route, schema: healthSchema }, async (_request, reply) => {
      const { status, body } = await probes.health()
      return await reply.code(status).send(body)
    })
    refuseOtherMethods(app, route)

    app.register(async app => {
      app.get('/', { ...route, schema: readySchema }, async (_request, reply) => {
        const { status, body } = await probes.ready()
        return await reply.code(status).send(body)
      })
      refuseOtherMethods(app, route)
    }, { prefix: '/ready' })

    app.register(async app => {
      app.get('/', { ...route, schema: aliveSchema }, async (_request, reply) => {
        const reason = pressure()?.loopSick()
        return reason === undefined
          ? { status: 'alive' as const }
          : await reply.code(503).send({ status: 'not_alive' as const, reason })
      })
      refuseOtherMethods(app, route)
    }, { prefix: '/live' })
  }, { prefix: path })
}, { name: 'health', fastify: '5.x' })
