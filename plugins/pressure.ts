import type { FastifyUnderPressureOptions } from '@fastify/under-pressure'
import createError from '@fastify/error'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { heartbeat } from '../src/loop/heartbeat.js'
import { onlyUnderPressure } from '../src/pressure/only-under-pressure.js'
import underPressure from '../src/pressure/under-pressure.js'
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
  /** Milliseconds of event loop delay above which requests are shed, as long as it is so again and again; 0 is no limit. */
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
  /** Serves @fastify/under-pressure's status route: its path, or `true` for `/status`. */
  exposeStatusRoute?: FastifyUnderPressureOptions['exposeStatusRoute']
  /** Error that requests are refused with in place of 503 `OVERLOADED`. */
  customError?: new () => Error
  /** Decides what becomes of a request in place of refusing it: what it returns is sent, and nothing lets it pass. */
  pressureHandler?: (request: FastifyRequest, reply: FastifyReply, reason: string, value: number | undefined) => unknown
}

export interface Pressure {
  /** What is above its limit, in words, or undefined when requests are served. */
  overloaded: () => string | undefined
  /** Likewise, of the event loop alone. */
  loopSick: () => string | undefined
}

const reasons: Record<string, string> = {
  eventLoopDelay: 'event_loop_delay',
  eventLoopUtilization: 'event_loop_utilization',
  heapUsedBytes: 'heap_used',
  rssBytes: 'resident_memory'
}

const Overloaded = createError('OVERLOADED', 'The service is overloaded: try again in %s seconds', 503)

/** Sheds load with 503 and `Retry-After` by the measure of @fastify/under-pressure; routes with `config: { shed: false }` are spared. */
export default fp(async function pressure (app: FastifyInstance, options: PressureOptions) {
  const { maxEventLoopDelay = 1000, maxEventLoopUtilization = 0, maxHeapUsedBytes = 0, maxRssBytes = 0, sampleInterval = 1000, retryAfter = 10 } = options
  const { exposeStatusRoute = false, customError: CustomError, pressureHandler } = options

  const countShed = app.hasDecorator('metrics') ? counter() : () => {}

  function counter () {
    const shed = app.metrics.catalogue.value('http.server.shed', ['reason'])
    const cells = new Map(Object.entries(reasons).map(([type, reason]) => [type, shed.cell(reason)]))
    return app.metrics.guard('shed', (type: string) => { cells.get(type)?.add(1) })
  }

  // From listening on, for work before that keeps nobody waiting.
  let stop = () => {}
  app.addHook('onListen', async () => { stop = heartbeat.listen(() => {}) })
  app.addHook('onClose', async () => { stop() })
  const tooLate = () => above('Event loop delay', heartbeat.delayMs(), maxEventLoopDelay, ' ms')

  await app.register(onlyUnderPressure(underPressure), {
    exposeStatusRoute,
    maxEventLoopDelay,
    maxEventLoopUtilization,
    maxHeapUsedBytes,
    maxRssBytes,
    sampleInterval,
    eventLoopUtilizationMode: 'interval',
    pressureHandler: (request, reply, type, value) => {
      if (request.routeOptions.config.shed === false) return
      // It was so when it was last measured, but the loop may be well by now.
      if (type === 'eventLoopDelay' && tooLate() === undefined) return
      if (pressureHandler !== undefined) return decide(request, reply, type, value)
      countShed(type)
      reply.header('retry-after', retryAfter)
      return Promise.reject(CustomError === undefined ? new Overloaded(retryAfter) : new CustomError())
    }
  })

  async function decide (request: FastifyRequest, reply: FastifyReply, type: string, value: number | undefined): Promise<void> {
    const result = await pressureHandler?.(request, reply, reasons[type] ?? type, value)
    if (result !== undefined && !reply.sent) reply.send(result)
    if (reply.sent) countShed(type)
  }

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
