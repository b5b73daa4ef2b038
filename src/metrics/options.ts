import { METHODS } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from '../schema.js'
import { fn, milliseconds, prefix, regExp } from '../plugin/schema.js'
import { endpointOption } from './endpoint.js'
import { namingNames, type Naming } from './naming/index.js'
import type { FamilyOptions } from './naming/served.js'
import type { RouteLabelsOptions } from './http/route-labels.js'

/** The options of the plugin `metrics`. */
export const metricsOptions = Type.Object({
  /** The names that metrics are served under, one set or several. @default ['fastify'] */
  names: Type.Optional(Type.Unsafe<readonly Naming[]>(Type.Array(Type.Enum([...namingNames]), {
    minItems: 1,
    uniqueItems: true,
    allowed: `a list of one or more of ${namingNames.map(name => `'${name}'`).join(', ')}`,
    default: ['fastify'],
    description: 'The names that metrics are served under, one set or several: `fastify`, `django`, `otel`'
  }))),
  /** Most series held; what is past it goes to a series labelled `__overflow__`. @default 10000 */
  maxSeries: Type.Optional(Type.Integer({
    minimum: 1, default: 10_000, description: 'Most series held; what is past it goes to series labelled `__overflow__`'
  })),
  /** Whether to record the sizes of bodies. @default true */
  bodySizes: Type.Optional(Type.Boolean({
    default: true,
    description: 'Whether to record the sizes of request and response bodies'
  })),
  /**
   * How it is known whose query it is: by `request.sql` alone (`request`), or also of what is asked of `app.sql` in the
   * course of a request (`async`, by AsyncLocalStorage). When not given, `async` on Node.js 24 and later, where it is
   * cheap.
   */
  attribute: Type.Optional(Type.Enum(['async', 'request'], {
    description: 'How it is known [whose query it is](#which-route-asks-what): by `request.sql` alone (`request`), ' +
      'or also of what is asked of `app.sql` in the course of a request (`async`); ' +
      '`async` on Node.js 24 and later when not given'
  })),
  /**
   * How often one request may ask one query before it is counted and told of in the log; 0 is as often as it likes.
   * @default 20
   */
  nPlusOne: Type.Optional(Type.Integer({
    minimum: 0,
    default: 20,
    description: 'How often one request may ask one query before it is counted and told of in the log; ' +
      '0 is as often as it likes'
  })),
  /**
   * Whether answers have `Server-Timing`, or which requests' have. It is not for everybody to know.
   * @default false
   */
  serverTiming: Type.Optional(Type.Union([Type.Boolean(), fn<(request: FastifyRequest) => boolean>({})], {
    allowed: 'true, false, or a function that tells whether a request is answered with it',
    default: false,
    description: 'Whether answers have [`Server-Timing`](#server-timing), or a function that tells of which requests'
  })),
  /** The service's version, for `build_info`. @default '' */
  version: Type.Optional(Type.String({ default: '', description: "The service's version, for `build_info`" })),
  /** Path that they are served at, or a route's options with it as `url`; `null` is none. @default '/metrics' */
  endpoint: endpointOption,
  /** What stands before the names of all that is served but a service's own metrics. @default '' */
  namePrefix: Type.Optional(Type.String({
    pattern: '^([a-zA-Z_:][a-zA-Z0-9_:]*)?$',
    allowed: 'letters, digits and underscores',
    default: '',
    description: "What stands before each name but those of a service's own metrics"
  })),
  /** Labels that every series has. @default {} */
  labels: Type.Optional(Type.Unsafe<Readonly<Record<string, string>>>({
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
    description: "Labels that every series has, also a service's own: `{ team: 'payments' }`"
  })),
  /** Labels that are made of a route: asked when it is registered, and at its first request. @default {} */
  routeLabels: Type.Optional(Type.Unsafe<NonNullable<RouteLabelsOptions['routeLabels']>>({
    type: 'object',
    additionalProperties: { is: 'function' },
    default: {},
    description: "Labels of a route's requests, each a function of `{ url, methods, config }` " +
      'that is asked for each route, not each request: `{ team: ({ config }) => config.team }`; ' +
      'of one that throws, or returns no text, number or boolean, the log tells once, and the label is left out'
  })),
  /** What the label `route` says of a route; asked likewise. */
  routeName: Type.Optional(fn<NonNullable<RouteLabelsOptions['routeName']>>({
    description: 'What the label `route` says, a function as those; `config.statsId`, or the pattern, when not given'
  })),
  /** What the label `route` says of requests that no route matches; `false` leaves them out. */
  unmatchedRoute: Type.Optional(Type.Union([Type.String({ minLength: 1 }), Type.Literal(false)], {
    description: 'What the label `route` says of requests that no route matches, ' +
      'in place of what each set of names does; `false` leaves them out'
  })),
  /** Whether statuses are told by class alone, such as 2xx. @default false */
  groupStatusCodes: Type.Optional(Type.Boolean({
    default: false,
    description: 'Whether statuses are told by class alone, as `2xx`'
  })),
  /** Routes whose requests are left out, by their pattern. @default [] */
  excludeRoutes: Type.Optional(Type.Array(Type.Union([Type.String(), regExp()], {
    allowed: 'a string or a regular expression'
  }), {
    default: [],
    description: 'Patterns of routes that are left out, or regular expressions that they match; ' +
      '`config: { metrics: false }` does it for one'
  })),
  /** Methods whose requests are left out. @default [] */
  excludeMethods: Type.Optional(Type.Array(Type.Unsafe<string>({
    enum: METHODS,
    allowed: 'a method that Node.js knows, in capitals'
  }), {
    default: [], description: "Methods whose requests are left out: `['OPTIONS']`"
  })),
  /** How families are served otherwise, or not at all, by name. @default {} */
  families: Type.Optional(Type.Unsafe<Readonly<Record<string, FamilyOptions | false>>>({
    type: 'object',
    additionalProperties: {
      anyOf: [
        { const: false },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: { type: 'string', pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$', allowed: 'letters, digits and underscores' },
            help: { type: 'string', minLength: 1 },
            buckets: {
              type: 'array',
              minItems: 1,
              items: { type: 'number' },
              allowed: 'a list of numbers in increasing order'
            },
            labels: {
              type: 'object',
              additionalProperties: {
                type: 'string',
                pattern: '^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$',
                allowed: 'letters, digits and underscores'
              }
            }
          }
        }
      ]
    },
    default: {},
    description: 'How families are served, by their [names](names.md): ' +
      "`{ http_request_duration_seconds: { name: 'request_seconds', buckets: [0.1, 1], labels: " +
      "{ status_code: 'status' }, help: '…' }, db_rows_total: false }`; `false` turns one off"
  })),
  /**
   * A thread that renders metrics and watches the event loop, so that both go on while that is blocked; all apps of the
   * process share one. `false` is none: then metrics are rendered where requests are served.
   * @default {}
   */
  observer: Type.Optional(Type.Union([
    Type.Object({
      /**
       * Milliseconds for which the event loop has to be blocked to be looked into; unless given, at most
       * `livenessBlockedMs`.
       * @default 1000
       */
      stallMs: milliseconds(
        1000,
        'Time for which the event loop has to be blocked to be looked into, in milliseconds; ' +
        'unless given, at most `livenessBlockedMs`',
        { minimum: 50 }
      ),
      /** Milliseconds for which it has to be blocked for the process not to be alive. @default 10000 */
      livenessBlockedMs: milliseconds(
        10_000,
        'Time for which it has to be blocked for the process not to be alive, in milliseconds',
        { minimum: 100 }
      )
    }, { additionalProperties: false }),
    Type.Literal(false)
  ], {
    default: {},
    description: 'The [thread](../ops/README.md#while-the-event-loop-is-blocked) ' +
      'that renders metrics and watches the event loop; all apps of a process share one. `false` is none'
  })),
  /** Prefix of the plugin's routes, as that of any plugin. @default '' */
  prefix
}, { additionalProperties: false })

export type MetricsOptions = Static<typeof metricsOptions>

/** Options of fastify-metrics and prom-client, with what is in their place. */
export const peersOptions = {
  defaultMetrics: 'what is served of the process and of Node.js can be turned off in families, ' +
    'and have a namePrefix and labels',
  routeMetrics: 'its parts are the options families, labels, routeLabels, routeName, ' +
    'groupStatusCodes, excludeRoutes, excludeMethods and unmatchedRoute',
  promClient: 'a prom-client is made for each app: app.metrics.client',
  register: 'a registry is made for each app: app.metrics.client.register',
  clearRegisterOnInit: 'a registry is made for each app, so there is nothing to clear',
  name: 'the decorator is called app.metrics'
}
