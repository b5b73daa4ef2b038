import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createCheck, type Check, type CheckFunction, type CheckOptions, type Outcome, type Probe } from '../src/health/check.js'
import { healthReport, unreadyReason, type Answered } from '../src/health/report.js'
import { aliveSchema, healthSchema, readySchema } from '../src/health/schema.js'
import { secondsGrid } from '../src/metrics/grid.js'
import type {} from './metrics.js'
import type {} from './pressure.js'

declare module 'fastify' {
  interface FastifyInstance {
    health: Health
  }
}

/** In this order: requests are served; they are, but readiness is off; no new connections are accepted; what was registered after this has been closed. */
const phases = ['running', 'draining', 'closing', 'ended'] as const
type Phase = typeof phases[number]

export interface HealthOptions {
  /** Milliseconds until a check counts as failed, where it does not say itself. */
  timeout?: number
  /** Milliseconds for which an outcome is kept, where the check does not say itself. */
  keep?: number
}

export interface Health {
  /** Adds a check. Throws when its name is taken or an argument is wrong. */
  check: (name: string, run: CheckFunction, options?: CheckOptions) => void
  /** Has each check run anew when it is asked for next, after something that they look at has changed. */
  recheck: () => void
  /** Turns readiness to 503 `shutting_down` from now on; requests are still served. */
  drain: () => void
}

/** Serves `/health`, `/health/ready` and `/health/live`, with and without a trailing slash. */
export default fp(async function health (app: FastifyInstance, { timeout = 2000, keep = 500 }: HealthOptions) {
  const checks: Check[] = []
  let phase: Phase = 'running'
  const recordPhase = app.hasDecorator('metrics') ? phaseRecorder() : () => {}
  const recordUnready = app.hasDecorator('metrics') ? unreadyRecorder() : () => {}

  const overloaded = () => app.hasDecorator('pressure') ? app.pressure.overloaded() : undefined
  const loopSick = () => app.hasDecorator('pressure') ? app.pressure.loopSick() : undefined

  const recordRun = app.hasDecorator('metrics') ? recorder() : () => {}

  function phaseRecorder () {
    const instrument = app.metrics.catalogue.value('service.phase', ['phase'])
    return app.metrics.guard('phase', () => { for (const each of phases) instrument.cell(each).set(each === phase ? 1 : 0) })
  }

  function enter (next: Phase) {
    phase = next
    recordPhase()
    if (next !== 'running') recordUnready('shutting_down')
  }

  async function unready (): Promise<string | undefined> {
    return phase !== 'running' ? 'shutting_down' : unreadyReason([application(), ...await ask('ready')])
  }

  function unreadyRecorder () {
    const { catalogue } = app.metrics
    const instrument = catalogue.value('service.unready', ['reason'])
    const cells = new Map(['overloaded', 'shutting_down'].map(reason => [reason, instrument.cell(reason)]))
    const record = app.metrics.guard('unready', (reason: string | undefined) => {
      if (reason !== undefined && !cells.has(reason)) cells.set(reason, instrument.cell(reason))
      for (const [each, cell] of cells) cell.set(each === reason ? 1 : 0)
    })
    // A service that nobody probes is still watched: each scrape has the checks run, and sees how they went before.
    catalogue.onRefresh(() => { unready().then(record, () => {}) })
    return record
  }

  function recorder () {
    const { catalogue } = app.metrics
    const up = catalogue.value('health.up', ['check'])
    const duration = catalogue.histogram('health.duration', ['check'], secondsGrid)
    // A service that nobody probes is still watched: each scrape has the checks run, and sees how they went before.
    catalogue.onRefresh(() => { for (const { ask } of checks) ask().catch(() => {}) })
    return app.metrics.guard('health_check', (name: string, { healthy, seconds }: Outcome) => {
      up.cell(name).set(healthy ? 1 : 0)
      duration.cell(name).record(seconds)
    })
  }

  function check (name: string, run: CheckFunction, options: CheckOptions = {}) {
    if (name === 'application' || checks.some(check => check.name === name)) throw new TypeError(`There is a health check named ${name} already`)
    checks.push(createCheck(name, run, { timeout, keep, ...options }, undefined, (outcome, error) => {
      recordRun(name, outcome)
      if (!outcome.healthy) app.log.warn({ err: error }, `Health check ${name} failed`)
    }))
  }

  async function ask (probe: Probe): Promise<Answered[]> {
    return await Promise.all(checks.filter(({ on }) => on.includes(probe)).map(async ({ name, critical, ask }) => ({ name, critical, outcome: await ask() })))
  }

  function application (): Answered {
    const reason = overloaded()
    const message = reason ?? 'Application is running'
    return { name: 'application', critical: true, outcome: { healthy: reason === undefined, message, reason: 'overloaded', seconds: 0 } }
  }

  async function health () {
    const report = healthReport([...await ask('health'), application()], Date.now() / 1000)
    return { status: report.status === 'healthy' ? 200 as const : 503 as const, body: { ...report } }
  }

  async function ready () {
    const reason = await unready()
    if (reason === undefined) return { status: 200 as const, body: { status: 'ready' as const } }
    return { status: 503 as const, body: { status: 'not_ready' as const, reason } }
  }

  if (app.hasDecorator('metrics')) {
    app.metrics.observer?.answer('health', health)
    app.metrics.observer?.answer('ready', ready)
  }
  const recheck = () => { for (const { forget } of checks) forget() }
  app.decorate('health', { check, recheck, drain: () => { enter('draining') } })
  app.addHook('preClose', async () => { enter('closing') })
  // Plugins close in the reverse of their order.
  app.addHook('onClose', async () => { enter('ended') })
  enter('running')

  const route = { logLevel: 'warn' as const, config: { shed: false } }

  app.register(async app => {
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store')
      done()
    })

    app.get('/', { ...route, schema: healthSchema }, async (_request, reply) => {
      const { status, body } = await health()
      return await reply.code(status).send(body)
    })

    app.register(async app => {
      app.get('/', { ...route, schema: readySchema }, async (_request, reply) => {
        const { status, body } = await ready()
        return await reply.code(status).send(body)
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
