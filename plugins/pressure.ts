import underPressure from '@fastify/under-pressure'
import createError from '@fastify/error'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { watchDelay } from '../src/pressure/delay.js'
import { onlyUnderPressure } from '../src/pressure/only-under-pressure.js'
import type {} from './metrics.js'

declare module 'fastify' {
  interface FastifyInstance {
    pressure: Pressure
  }
  interface FastifyContextConfig {
    /** `false` keeps the route served while the service sheds load. */
    shed?: boolean
  }
}

export interface PressureOptions {
  /** Milliseconds of event loop delay, the longest within an interval, above which requests are shed; 0 is no limit. */
  maxEventLoopDelay?: number
  /** Share of time, 0 to 1, that the event loop may be busy; 0 is no limit. */
  maxEventLoopUtilization?: number
  /** Bytes; 0 is no limit. */
  maxHeapUsedBytes?: number
  /** Bytes; 0 is no limit. */
  maxRssBytes?: number
  /** Milliseconds between two measurements. */
  sampleInterval?: number
  /** Seconds after which a client that was shed is asked to try again. */
  retryAfter?: number
}

export interface Pressure {
  /** What is above its limit, in words, or undefined when requests are served. */
  overloaded: () => string | undefined
  /** Likewise, of the event loop alone. */
  loopSick: () => string | undefined
}

const reasons: Record<string, string> = {
  healthCheck: 'event_loop_delay',
  eventLoopUtilization: 'event_loop_utilization',
  heapUsedBytes: 'heap_used',
  rssBytes: 'resident_memory'
}

const Overloaded = createError('OVERLOADED', 'The service is overloaded: try again in %s seconds', 503)

/** Sheds load with 503 and `Retry-After` by the measure of @fastify/under-pressure; routes with `config: { shed: false }` are spared. */
export default fp(async function pressure (app: FastifyInstance, options: PressureOptions) {
  const { maxEventLoopDelay = 1000, maxEventLoopUtilization = 0, maxHeapUsedBytes = 0, maxRssBytes = 0, sampleInterval = 1000, retryAfter = 10 } = options

  const countShed = app.hasDecorator('metrics') ? counter() : () => {}

  function counter () {
    const shed = app.metrics.catalogue.value('http.server.shed', ['reason'])
    const cells = new Map(Object.entries(reasons).map(([type, reason]) => [type, shed.cell(reason)]))
    return app.metrics.guard('shed', (type: string) => { cells.get(type)?.add(1) })
  }

  const delay = watchDelay(sampleInterval)
  app.addHook('onClose', async () => { delay.stop() })
  const tooLate = () => above('Event loop delay', delay.longest(), maxEventLoopDelay, ' ms')

  await app.register(onlyUnderPressure(underPressure), {
    // Its own measure is a mean, which a loop that was stuck for seconds hardly changes.
    healthCheck: async () => tooLate() === undefined,
    healthCheckInterval: 50,
    maxEventLoopUtilization,
    maxHeapUsedBytes,
    maxRssBytes,
    sampleInterval,
    eventLoopUtilizationMode: 'interval',
    pressureHandler: (request, reply, type) => {
      if (request.routeOptions.config.shed === false) return
      countShed(type)
      reply.header('retry-after', retryAfter)
      return Promise.reject(new Overloaded(retryAfter))
    }
  })

  function loopSick () {
    const { eventLoopUtilized } = app.memoryUsage()
    return tooLate() ??
      above('Event loop utilization', eventLoopUtilized, maxEventLoopUtilization, ' %', 100)
  }

  function overloaded () {
    const { heapUsed, rssBytes } = app.memoryUsage()
    return loopSick() ?? above('Heap', heapUsed, maxHeapUsedBytes, ' MiB', 2 ** -20) ?? above('Resident memory', rssBytes, maxRssBytes, ' MiB', 2 ** -20)
  }

  app.decorate('pressure', { overloaded, loopSick })
}, { name: 'pressure', fastify: '5.x' })

function above (what: string, value: number, limit: number, unit: string, factor = 1): string | undefined {
  return limit > 0 && value > limit ? `${what} is ${Math.round(value * factor)}${unit}, above ${Math.round(limit * factor)}${unit}` : undefined
}
