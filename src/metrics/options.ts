import type { FastifyRequest } from 'fastify'
import { Type, type Static } from '../schema.js'
import { fn, longestMs, path, prefix } from '../plugin/schema.js'
import { namingNames, type Naming } from './naming/index.js'

/** The options of the plugin `metrics`. */
export const metricsOptions = Type.Object({
  /** The names that metrics are served under, one or several; `fastify` when not given. */
  names: Type.Optional(Type.Unsafe<readonly Naming[]>(Type.Array(Type.Enum([...namingNames]), {
    minItems: 1,
    allowed: `a list of one or more of ${namingNames.map(name => `'${name}'`).join(', ')}`,
    default: ['fastify'],
    description: 'The names that metrics are served under, one set or several: `fastify`, `django`, `otel`'
  }))),
  /** Most series held; what is past it goes to a series labelled `__overflow__`. */
  maxSeries: Type.Optional(Type.Integer({
    minimum: 1, default: 10_000, description: 'Most series held; what is past it goes to series labelled `__overflow__`'
  })),
  /** Whether to record the sizes of bodies. */
  bodySizes: Type.Optional(Type.Boolean({ default: true, description: 'Whether to record the sizes of request and response bodies' })),
  /**
   * How it is known whose query it is: by `request.sql` alone (`request`), or also of what is asked of `app.sql` in the course of a
   * request (`async`, by AsyncLocalStorage). When not given, `async` on Node.js 24 and later, where it is cheap.
   */
  attribute: Type.Optional(Type.Enum(['async', 'request'], {
    description: 'How it is known [whose query it is](#which-route-asks-what): by `request.sql` alone (`request`), or also of what is asked of `app.sql` in the course of a request (`async`); `async` on Node.js 24 and later when not given'
  })),
  /** How often one request may ask one query before it is counted and told of in the log; 0 is as often as it likes. */
  nPlusOne: Type.Optional(Type.Integer({
    minimum: 0, default: 20, description: 'How often one request may ask one query before it is counted and told of in the log; 0 is as often as it likes'
  })),
  /** Whether answers have `Server-Timing`, or which requests' have; none when not given. It is not for everybody to know. */
  serverTiming: Type.Optional(Type.Union([Type.Boolean(), fn<(request: FastifyRequest) => boolean>({})], {
    allowed: 'true, false, or a function that tells whether a request is answered with it',
    default: false,
    description: 'Whether answers have [`Server-Timing`](#server-timing), or a function that tells of which requests'
  })),
  /** The service's version, for `build_info`. */
  version: Type.Optional(Type.String({ default: '', description: "The service's version, for `build_info`" })),
  /** Path that they are served at; `null` is none. */
  endpoint: Type.Optional(Type.Union([path({}), Type.Null()], {
    allowed: 'a path that begins with /, or null', default: '/metrics', description: 'Path that they are served at; `null` is none'
  })),
  /**
   * A thread that renders metrics and watches the event loop, so that both go on while that is blocked; all apps of the
   * process share one. `false` is none: then metrics are rendered where requests are served.
   */
  observer: Type.Optional(Type.Union([
    Type.Object({
      /** Milliseconds for which the event loop has to be blocked to be looked into. */
      stallMs: Type.Optional(Type.Number({
        minimum: 50, maximum: longestMs, unit: 'milliseconds', default: 1000, description: 'Time for which the event loop has to be blocked to be looked into, in milliseconds'
      })),
      /** Milliseconds for which it has to be blocked for the process not to be alive. */
      livenessBlockedMs: Type.Optional(Type.Number({
        minimum: 100, maximum: longestMs, unit: 'milliseconds', default: 10_000, description: 'Time for which it has to be blocked for the process not to be alive, in milliseconds'
      }))
    }, { additionalProperties: false }),
    Type.Literal(false)
  ], {
    default: {},
    description: 'The [thread](../ops/README.md#while-the-event-loop-is-blocked) that renders metrics and watches the event loop; all apps of a process share one. `false` is none'
  })),
  prefix
}, { additionalProperties: false })

export type MetricsOptions = Static<typeof metricsOptions>

/** Options of fastify-metrics and prom-client, with what is in their place. */
export const peersOptions = {
  defaultMetrics: 'metrics of the process and of Node.js are always recorded',
  routeMetrics: 'requests are always recorded, and what is served is chosen by names',
  promClient: 'a prom-client is made for each app: app.metrics.client',
  register: 'a registry is made for each app: app.metrics.client.register',
  clearRegisterOnInit: 'a registry is made for each app, so there is nothing to clear',
  name: 'the decorator is called app.metrics'
}
