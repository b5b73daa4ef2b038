import type { IncomingMessage, Server } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { furtherServers } from '../../http/further-servers.js'
import { rootOf } from '../../plugin/root-context.js'
import { onEachRequest } from './each-request.js'
import { errorType } from './error-type.js'
import { createOptionWarning } from '../failure-warning.js'
import type { Guard } from '../guard.js'
import type { HttpInstruments } from './http-instruments.js'
import { createHttpRecorder } from './http.js'
import type { RequestContext } from '../queries/request-context.js'
import { RouteCells } from './route-cells.js'
import { warnOfRouteConfig } from './route-config.js'
import { createRouteLabels, type RouteLabelsOptions } from './route-labels.js'
import { routeKeyOf, type RouteConfig, type Routed } from './route-of.js'

export interface RecordHttpOptions extends RouteLabelsOptions {
  /** Methods whose requests are left out. */
  readonly excludeMethods?: readonly string[]
}

/** What is known of requests beside what is recorded. */
export interface RecordedHttp {
  /** The cells of a request's route; null when it is left out. */
  routeOf: (request: FastifyRequest) => RouteCells | null
  isUnderWay: (request: IncomingMessage) => boolean
}

/**
 * Records each request of an app's servers, whichever context its route is in, until the app is closed.
 */
export function recordHttp (
  app: FastifyInstance,
  instruments: HttpInstruments,
  guard: Guard,
  options: RecordHttpOptions,
  context: RequestContext
): RecordedHttp {
  const cells = Symbol('fastify-vitals.cells')
  type Held = RouteConfig & { [cells]?: RouteCells | null }

  const scheme = 'setSecureContext' in app.server ? 'https' : 'http'
  const failedLabels = guard.failures('route_labels')
  const warn = createOptionWarning(app.log)
  const labelsOf = createRouteLabels(options, scheme, (option, route, error) => {
    failedLabels.add(1)
    warn(option, route, option === 'routeName' ? 'its pattern is in its place' : 'the label is left out', error)
  })
  const excluded = new Set(options.excludeMethods)
  const cellsFor = (config: RouteConfig) => {
    const labels = labelsOf(config)
    // Most routes have one method; where it is left out, its requests need no look at theirs.
    const all = labels !== null && labels.methods.length > 0 && labels.methods.every(method => excluded.has(method))
    return labels === null || all ? null : new RouteCells(instruments, labels)
  }
  const unmatched = cellsFor({} as RouteConfig)
  const recorder = createHttpRecorder(
    app.server as Server,
    instruments,
    { unmatched, http2: app.initialConfig.http2 === true, guard }
  )

  // The key of a request's route, found at the first one, and whether it was looked for.
  let key: symbol | undefined
  let isKeyKnown = false

  function configOf (request: FastifyRequest): Held {
    if (!isKeyKnown) {
      key = routeKeyOf(request)
      isKeyKnown = true
    }
    return key === undefined ? request.routeOptions.config : (request as unknown as Routed)[key]?.config as Held
  }

  function cellsOf (config: Held, { server }: FastifyRequest): RouteCells | null {
    // Apps that are given one log controller hear of each other's requests.
    if (server.server !== app.server) return (config[cells] = null)
    if (config.url === undefined) return (config[cells] = unmatched)
    warnOfRouteConfig(app.log, config)
    return (config[cells] = cellsFor(config))
  }

  const routeOf = (request: FastifyRequest): RouteCells | null => {
    const config = configOf(request)
    const held = config[cells]
    return held === undefined ? cellsOf(config, request) : held
  }

  const excludes = excluded.size > 0
  const { begin, ignore } = recorder

  // The first of a route, and what may be left out.
  function beginOther (request: FastifyRequest, { raw: response }: FastifyReply): void {
    const route = routeOf(request)
    if (route === null || excluded.has(request.raw.method as string)) ignore(response)
    else begin(request.raw, response, route)
  }

  const failed = guard.failures('request')
  // As short as can be: V8 puts all of it inline with what Fastify does, until that is too long.
  onEachRequest(app, (request, reply) => {
    try {
      const route = (request as unknown as Routed<Held>)[key as symbol]?.config[cells]
      if (route == null || excludes) beginOther(request, reply)
      else begin(request.raw, reply.raw, route)
      if (context.enter !== undefined) context.enter(request)
    } catch {
      failed.add(1)
    }
  })

  const countError = guard('error', (request: FastifyRequest, error: FastifyError) => {
    const route = routeOf(request)
    if (route !== null && !excluded.has(request.raw.method as string)) route.error(errorType(error)).add(1)
  })
  rootOf(app).addHook('onError', (request, _reply, error, done) => {
    countError(request, error)
    done()
  })

  rootOf(app).addHook('onListen', async () => { for (const server of furtherServers(app)) recorder.follow(server) })
  app.addHook('onClose', async () => { recorder.close() })
  return { routeOf, isUnderWay: recorder.isUnderWay }
}
