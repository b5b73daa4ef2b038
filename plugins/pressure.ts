import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { heartbeat } from '../src/loop/heartbeat.js'
import { assertFree } from '../src/plugin/assert-free.js'
import { offer, whenOffered } from '../src/plugin/offers.js'
import { checkPluginOptions } from '../src/plugin/options.js'
import { Overloaded, OverloadedSaying } from '../src/pressure/errors.js'
import { createCollector } from '../src/pressure/garbage.js'
import { onlyUnderPressure } from '../src/pressure/only-under-pressure.js'
import {
  checkRefusal,
  checkRoute,
  pressureOptions,
  underPressureOptions,
  type PressureHandler,
  type PressureOptions,
  type PressureType
} from '../src/pressure/options.js'
import { countOwnHandlers } from '../src/pressure/own-handlers.js'
import underPressure from '../src/pressure/under-pressure.js'

export type { PressureHandler, PressureOptions, PressureType } from '../src/pressure/options.js'

declare module 'fastify' {
  interface FastifyInstance {
    pressure: Pressure
  }
  interface FastifyContextConfig {
    /** `false` keeps the route served while the service sheds load. */
    shed?: boolean
    /**
     * Decides what becomes of the route's requests, before that of the plugin: what it returns is sent, what its
     * promise resolves with is not, and nothing lets the request pass.
     */
    pressureHandler?: PressureHandler | undefined
  }
}

declare module '../src/plugin/offers.js' {
  interface Offers {
    pressure: Record<never, never>
  }
}

export interface Pressure {
  /** What is above its limit, in words, or undefined when requests are served. */
  overloaded: () => string | undefined
  /** What the event loop has too much of, in words, or undefined. */
  loopSick: () => string | undefined
}

const reasons: Record<PressureType, string> = {
  eventLoopDelay: 'event_loop_delay',
  eventLoopUtilization: 'event_loop_utilization',
  heapUsedBytes: 'heap_used',
  rssBytes: 'resident_memory'
}

/**
 * Sheds load with 503 and `Retry-After` when @fastify/under-pressure measures too much of it. Routes with `config: {
 * shed: false }` are spared. Throws a TypeError when an option is wrong.
 */
export default fp(async function pressure (app: FastifyInstance, options: PressureOptions) {
  checkPluginOptions('pressure', pressureOptions, options, underPressureOptions)
  checkRefusal(options)
  if (Object.hasOwn(app, 'pressure')) {
    throw new Error('pressure is registered twice in one context: register it once, with all limits')
  }
  for (const decorator of ['memoryUsage', 'isUnderPressure', 'pressure']) {
    assertFree(Object.hasOwn(app, decorator), 'pressure', decorator, '@fastify/under-pressure')
  }
  const {
    maxEventLoopDelay = 1000,
    maxEventLoopUtilization = 0,
    maxHeapUsedBytes = 0,
    maxRssBytes = 0,
    sampleInterval = 1000,
    retryAfter = 10
  } = options
  const { exposeStatusRoute = false, message, customError: CustomError, pressureHandler } = options

  let countShed = (_type: string) => {}
  whenOffered(app, 'metrics', ({ shed, guard }) => {
    const cells = new Map(Object.entries(reasons).map(([type, reason]) => [type, shed.cell(reason)]))
    countShed = guard('shed', type => { cells.get(type)?.add(1) })
  })

  app.addHook('onRoute', checkRoute)
  // Once the app listens: work before that keeps nobody waiting.
  let stop = () => {}
  app.addHook('onListen', async () => { stop = heartbeat.listen(() => {}) })
  app.addHook('onClose', async () => { stop() })
  const collectGarbage = createCollector()
  const tooLate = () => above('Event loop delay', heartbeat.delayMs(), maxEventLoopDelay, ' ms')

  const readyRoute = countOwnHandlers(type => { countShed(type) }, message => { app.log.warn(message) })
  await app.register(onlyUnderPressure(underPressure, readyRoute), {
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
      if (type === 'heapUsedBytes') collectGarbage()
      // Only a health check, which is not taken, is another type, and has no value.
      if (pressureHandler !== undefined) return decide(request, reply, type as PressureType, value as number)
      countShed(type)
      reply.code(503).header('retry-after', retryAfter)
      return Promise.reject(refusal())
    }
  })

  function refusal (): Error {
    if (CustomError !== undefined) return new CustomError()
    return message === undefined ? new Overloaded(retryAfter) : new OverloadedSaying(message)
  }

  async function decide (
    request: FastifyRequest,
    reply: FastifyReply,
    type: PressureType,
    value: number
  ): Promise<void> {
    try {
      const result = await pressureHandler?.(request, reply, type, value)
      if (result != null && !reply.sent) reply.send(result)
    } catch (error) {
      countShed(type)
      throw error
    }
    if (reply.sent) countShed(type)
  }

  function loopSick () {
    const { eventLoopUtilized } = app.memoryUsage()
    return tooLate() ?? above('Event loop utilization', eventLoopUtilized, maxEventLoopUtilization, ' %', 100)
  }

  function overloaded () {
    const { heapUsed, rssBytes } = app.memoryUsage()
    return loopSick() ??
      above('Heap', heapUsed, maxHeapUsedBytes, ' MiB', 2 ** -20) ??
      above('Resident memory', rssBytes, maxRssBytes, ' MiB', 2 ** -20)
  }

  app.decorate('pressure', { overloaded, loopSick })
  offer(app, 'pressure', {})
}, { name: 'pressure', fastify: '5.x' })

function above (what: string, value: number, limit: number, unit: string, factor = 1): string | undefined {
  return limit > 0 && value > limit
    ? `${what} is ${Math.round(value * factor)}${unit}, above ${Math.round(limit * factor)}${unit}`
    : undefined
}
