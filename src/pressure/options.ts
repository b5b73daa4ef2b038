import type { FastifyUnderPressureOptions } from '@fastify/under-pressure'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Type, type Static } from '../schema.js'
import { anyObject, bytes, fn, milliseconds, path } from '../plugin/schema.js'
import { checkOptions } from '../plugin/options.js'
import { shown } from '../plugin/words.js'

/** What there is too much of, as @fastify/under-pressure names it. */
export type PressureType = 'eventLoopDelay' | 'eventLoopUtilization' | 'heapUsedBytes' | 'rssBytes'

/** Its value is in milliseconds (`eventLoopDelay`), a share from 0 to 1 (`eventLoopUtilization`), or in bytes. */
export type PressureHandler =
  (request: FastifyRequest, reply: FastifyReply, type: PressureType, value: number) => unknown

/** The options of the plugin `pressure`. */
export const pressureOptions = Type.Object({
  /**
   * Milliseconds of event loop delay above which requests are shed, as long as it is so again and again; 0 is no limit.
   * @default 1000
   */
  maxEventLoopDelay: milliseconds(
    1000,
    'Milliseconds of event loop delay above which requests are shed, ' +
    'as long as it is so again and again; 0 is no limit'
  ),
  /** Share of time, 0 to 1, that the event loop may be busy; 0 is no limit. @default 0 */
  maxEventLoopUtilization: Type.Optional(Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'Share of time that the event loop may be busy, from 0 to 1; 0 is no limit'
  })),
  /** Bytes of heap above which requests are shed; 0 is no limit. @default 0 */
  maxHeapUsedBytes: bytes(
    0,
    'Bytes of heap above which requests are shed, while garbage is collected now and then; 0 is no limit'
  ),
  /** Bytes of resident memory above which requests are shed; 0 is no limit. @default 0 */
  maxRssBytes: bytes(0, 'Bytes of resident memory above which requests are shed; 0 is no limit'),
  /** Milliseconds between two measurements. @default 1000 */
  sampleInterval: milliseconds(1000, 'Milliseconds between two measurements', { minimum: 10 }),
  /** Seconds after which a client that was shed is asked to try again. @default 10 */
  retryAfter: Type.Optional(Type.Integer({
    minimum: 1,
    unit: 'seconds',
    default: 10,
    description: 'Seconds after which a client that was shed is asked to try again (`Retry-After`)'
  })),
  /** What a client that was shed is told, in place of a sentence with `retryAfter`. */
  message: Type.Optional(Type.String({
    minLength: 1,
    description: 'What a client that was shed is told, in place of a sentence with `retryAfter`'
  })),
  /** Serves @fastify/under-pressure's status route: its path, or `true` for `/status`. @default false */
  exposeStatusRoute: Type.Optional(Type.Unsafe<NonNullable<FastifyUnderPressureOptions['exposeStatusRoute']>>({
    anyOf: [
      { type: 'boolean' },
      path({}),
      {
        type: 'object',
        properties: {
          url: path({}),
          routeOpts: anyObject({}),
          routeSchemaOpts: anyObject({}),
          routeResponseSchemaOpts: anyObject({})
        },
        additionalProperties: false
      }
    ],
    allowed: "true, false, a path that begins with /, or an object as @fastify/under-pressure's",
    default: false,
    description: "@fastify/under-pressure's status route: its path, `true` for `/status`, " +
      'or what @fastify/under-pressure takes'
  })),
  /** Error that requests are refused with in place of 503 `OVERLOADED`. */
  customError: Type.Optional(fn<new () => Error>({
    allowed: 'a class of errors',
    description: 'Class of the error that requests are refused with, in place of 503 `OVERLOADED`; ' +
      'made anew for each, without arguments, and answered with 503 unless it has a `statusCode`'
  })),
  /** Decides what becomes of a request in place of refusing it: what it returns is sent, and nothing lets it pass. */
  pressureHandler: Type.Optional(fn<PressureHandler>({
    description: '[`(request, reply, type, value)`](#a-decision-of-your-own): ' +
      'decides what becomes of a request in place of refusing it'
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

/** What a route may say of pressure in its `config`. */
const routeConfig = Type.Object({
  shed: Type.Optional(Type.Boolean()),
  pressureHandler: Type.Optional(fn({}))
})

/** Throws a TypeError when a route's `config` says of pressure what nobody understands. */
export function checkRoute ({ url, config }: Pick<RouteOptions, 'url' | 'config'>): void {
  checkOptions(`the route ${url}`, Type.Object({ config: routeConfig }), { config: config ?? {} })
}

/**
 * Throws a TypeError when options contradict each other, or `customError` is no class of errors: called for the first
 * time under pressure, that would be found out too late.
 */
export function checkRefusal ({ customError: CustomError, message, pressureHandler }: PressureOptions): void {
  const given = Object.entries({ pressureHandler, customError: CustomError, message })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
  if (given.length > 1) {
    throw new TypeError(`pressure has ${given.join(' and ')}: give one of them, for each is in place of the others`)
  }
  if (CustomError === undefined) return
  const refuse = (why: string) => {
    throw new TypeError(
      `The option customError of pressure is ${shown(CustomError)}, but must be a class of errors: ` +
      `new ${CustomError.name || 'customError'}() ${why}`
    )
  }
  let made: unknown
  try {
    made = new CustomError()
  } catch (error) {
    refuse(`threw ${shown(String(error))}`)
  }
  if (!(made instanceof Error)) refuse(`made ${shown(made)}`)
}
