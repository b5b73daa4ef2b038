import type { RouteShorthandOptions } from 'fastify'
import { Type } from '../schema.js'
import { path } from '../plugin/schema.js'
import type { OptionSchema } from '../plugin/words.js'

/** The options of a route but those that serving metrics takes. */
type RouteOptions = Omit<RouteShorthandOptions, 'prefixTrailingSlash'>

/** A route's options, with its path. */
export interface EndpointRoute extends RouteOptions {
  url: string
  /** The only one that there can be, for those who have it from fastify-metrics. */
  method?: 'GET'
}

const fn: OptionSchema = { is: 'function' }
const object: OptionSchema = { type: 'object' }
const boolean: OptionSchema = { type: 'boolean' }
const hook: OptionSchema = {
  anyOf: [fn, { type: 'array', items: fn }],
  allowed: 'a function, or a list of functions'
}

const routeOptions: Readonly<Partial<Record<keyof RouteOptions, OptionSchema>>> = {
  schema: object,
  attachValidation: boolean,
  exposeHeadRoute: boolean,
  validatorCompiler: fn,
  serializerCompiler: fn,
  bodyLimit: { type: 'integer', exclusiveMinimum: 0, unit: 'bytes' },
  handlerTimeout: { type: 'integer', exclusiveMinimum: 0, unit: 'milliseconds' },
  logLevel: { type: 'string' },
  logSerializers: object,
  config: object,
  constraints: object,
  errorHandler: fn,
  childLoggerFactory: fn,
  schemaErrorFormatter: fn,
  onRequest: hook,
  preParsing: hook,
  preValidation: hook,
  preHandler: hook,
  preSerialization: hook,
  onSend: hook,
  onResponse: hook,
  onTimeout: hook,
  onError: hook,
  onRequestAbort: hook
}

/** The option `endpoint` of the plugin `metrics`. */
export const endpointOption = Type.Optional(Type.Unsafe<string | null | EndpointRoute>({
  anyOf: [
    path({}),
    { type: 'null' },
    {
      type: 'object',
      required: ['url'],
      properties: { url: path({}), method: { const: 'GET' }, ...routeOptions },
      open: true,
      unsupported: {
        handler: 'it is answered with the metrics',
        prefixTrailingSlash: 'metrics are served with and without a trailing slash',
        path: 'it is called url'
      }
    }
  ],
  allowed: "a path that begins with /, without ? and #, null, or a route's options with such a path as url",
  default: '/metrics',
  description: "Path that they are served at, or a route's options with it as `url`, " +
    "such as `{ url: '/internal/metrics', onRequest: guard }`; `null` is none"
}))
