import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createCheck, type Check, type CheckFunction, type CheckOptions, type Probe } from '../src/health/check.js'
import { healthReport, unreadyReason, type Answered } from '../src/health/report.js'
import { aliveSchema, healthSchema, readySchema } from '../src/health/schema.js'
import type {} from './pressure.js'

declare module 'fastify' {
  interface FastifyInstance {
    health: Health
  }
}

export interface HealthOptions {
  /** Milliseconds until a check counts as failed, where it does not say itself. */
  timeout?: number
  /** Milliseconds for which an outcome is kept, where the check does not say itself. */
  keep?: number
}

export interface Health {
  /** Adds a check. Throws when its name is taken or an argument is wrong. */
  check: (name: string, run: CheckFunction, options?: CheckOptions) => void
  /** Turns readiness to 503 `shutting_down` from now on; requests are still served. */
  drain: () => void
}

/** Serves `/health`, `/health/ready` and `/health/live`, with and without a trailing slash. */
export default fp(async function health (app: FastifyInstance, { timeout = 2000, keep = 500 }: HealthOptions) {
  const checks: Check[] = []
  let draining = false

  const overloaded = () => app.hasDecorator('pressure') ? app.pressure.overloaded() : undefined
  const loopSick = () => app.hasDecorator('pressure') ? app.pressure.loopSick() : undefined

  function check (name: string, run: CheckFunction, options: CheckOptions = {}) {
    if (name === 'application' || checks.some(check => check.name === name)) throw new TypeError(`There is a health check named ${name} already`)
    checks.push(createCheck(name, run, { timeout, keep, ...options }, undefined, error => app.log.warn({ err: error }, `Health check ${name} failed`)))
  }

  async function ask (probe: Probe): Promise<Answered[]> {
    return await Promise.all(checks.filter(({ on }) => on.includes(probe)).map(async ({ name, critical, ask }) => ({ name, critical, outcome: await ask() })))
  }

  function application (): Answered {
    const reason = overloaded()
    const message = reason ?? 'Application is running'
    return { name: 'application', critical: true, outcome: { healthy: reason === undefined, message, reason: 'overloaded', seconds: 0 } }
  }

  app.decorate('health', { check, drain: () => { draining = true } })
  app.addHook('preClose', async () => { draining = true })

  const route = { logLevel: 'warn' as const, config: { shed: false } }

  app.register(async app => {
    app.addHook('onRequest', async (_request, reply) => { reply.header('cache-control', 'no-store') })

    app.get('/', { ...route, schema: healthSchema }, async (_request, reply) => {
      const report = healthReport([...await ask('health'), application()], Date.now() / 1000)
      return await reply.code(report.status === 'healthy' ? 200 : 503).send(report)
    })

    app.register(async app => {
      app.get('/', { ...route, schema: readySchema }, async (_request, reply) => {
        const reason = draining ? 'shutting_down' : unreadyReason([application(), ...await ask('ready')])
        return reason === undefined ? { status: 'ready' as const } : await reply.code(503).send({ status: 'not_ready' as const, reason })
      })
    }, { prefix: '/ready' })

    app.register(async app => {
      app.get('/', { ...route, schema: aliveSchema }, async (_request, reply) => {
        const reason = loopSick()
        return reason === undefined ? { status: 'alive' as const } : await reply.code(503).send({ status: 'not_alive' as const, reason })
      })
    }, { prefix: '/live' })
  }, { prefix: '/health' })
}, { name: 'health', fastify: '5.x' })
