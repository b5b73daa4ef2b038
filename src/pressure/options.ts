import type { FastifyUnderPressureOptions } from '@fastify/under-pressure'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from '../schema.js'
import { bytes, fn, milliseconds } from '../plugin/schema.js'

type PressureHandler =
  (request: FastifyRequest, reply: FastifyReply, reason: string, value: number | undefined) => unknown

/** The options of the plugin `pressure`. */
export const pressureOptions = Type.Object({
  /**
   * Milliseconds of event loop delay above which requests are shed, as long as it is so again and again; 0 is no limit.
   */
  maxEventLoopDelay: milliseconds(
    1000,
    'Milliseconds of event loop delay above which requests are shed, ' +
    'as long as it is so again and again; 0 is no limit'
  ),
  /** Share of time, 0 to 1, that the event loop may be busy; 0 is no limit. */
  maxEventLoopUtilization: Type.Optional(Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'Share of time that the event loop may be busy, from 0 to 1; 0 is no limit'
  })),
  /** Bytes; 0 is no limit. */
  maxHeapUsedBytes: bytes(
    0,
    'Bytes of heap above which requests are shed, while garbage is collected now and then; 0 is no limit'
  ),
  /** Bytes; 0 is no limit. */
  maxRssBytes: bytes(0, 'Bytes of resident memory above which requests are shed; 0 is no limit'),
  /** Milliseconds between two measurements. */
  sampleInterval: milliseconds(1000, 'Milliseconds between two measurements', { minimum: 10 }),
  /** Seconds after which a client that was shed is asked to try again. */
  retryAfter: Type.Optional(Type.Integer({
    minimum: 1,
    unit: 'seconds',
    default: 10,
    description: 'Seconds after which a client that was shed is asked to try again (`Retry-After`)'
  })),
  /** What a client that was shed is told. */
  message: Type.Optional(Type.String({
    minLength: 1,
    description: 'What a client that was shed is told, in place of a sentence with `retryAfter`'
  })),
  /** Serves @fastify/under-pressure's status route: its path, or `true` for `/status`. */
  exposeStatusRoute: Type.Optional(Type.Unsafe<NonNullable<FastifyUnderPressureOptions['exposeStatusRoute']>>({
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '^/' }, { type: 'object' }],
    allowed: "true, false, a path that begins with /, or an object as @fastify/under-pressure's",
    default: false,
    description: "@fastify/under-pressure's status route: its path, `true` for `/status`, " +
      'or what @fastify/under-pressure takes'
  })),
  /** Error that requests are refused with in place of 503 `OVERLOADED`. */
  customError: Type.Optional(fn<new () => Error>({
    allowed: 'a class of errors',
    description: 'Class of the error that requests are refused with, in place of 503 `OVERLOADED`'
  })),
  /** Decides what becomes of a request in place of refusing it: what it returns is sent, and nothing lets it pass. */
  pressureHandler: Type.Optional(fn<PressureHandler>({
    description: '`(request, reply, reason, value)`: decides what becomes of a request in place of refusing it; ' +
      'what it returns is sent, and `undefined` lets it pass'
  }))
}, { additionalProperties: false })

export type PressureOptions = Static<typeof pressureOptions>

/** Options of @fastify/under-pressure that are not taken. */
export const underPressureOptions = {
  healthCheck: 'a check of what the service depends on turns readiness off, ' +
    'not every route: app.health.check(name, fn, { critical: true }) of the plugin health',
  healthCheckInterval: 'a check of the plugin health is run when a probe or a scraper asks, ' +
    'and kept for its option keep',
  eventLoopUtilizationMode: 'utilization is always that of the last interval'
}
