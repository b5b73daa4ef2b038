import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rootOf } from '../plugin/root-context.js'
import type { Catalogue } from './catalogue.js'
import type { ValueCell } from './cell.js'
import { createOptionWarning } from './failure-warning.js'
import type { MetricsOptions } from './options.js'
import type { RecordedHttp } from './http/record-http.js'
import { createQueryInstruments } from './queries/query-instruments.js'
import { RepeatedQueries } from './queries/repeated-queries.js'
import {
  contextIsCheap,
  enterRequest,
  followContext,
  inThisContext,
  type RequestContext
} from './queries/request-context.js'
import { holdQueries, queriesOf, RequestQueries } from './queries/request-queries.js'
import { addServerTiming } from './queries/server-timing.js'

interface Parts extends RecordedHttp {
  /** Its `enter` is set once there is a client whose queries are counted. */
  context: RequestContext
  /** Returns where in the program a tagged template is. */
  placeOf: (strings: readonly string[]) => string | undefined
  /** Counts exceptions of what adds `Server-Timing`. */
  failed: ValueCell
}

/**
 * Records the queries of each request. Returns `queriesOf`, which finds a request's queries, and `follow`, to be called
 * once there is a client whose queries are counted.
 */
export function recordQueries (app: FastifyInstance, catalogue: Catalogue, options: MetricsOptions, parts: Parts) {
  const { attribute = contextIsCheap ? 'async' : 'request', nPlusOne = 20, serverTiming = false } = options
  const { routeOf, isUnderWay, context, placeOf, failed } = parts
  const instruments = createQueryInstruments(catalogue)
  const repeated = new RepeatedQueries(instruments, nPlusOne, placeOf, ({ count, ...where }) => {
    app.log.warn({ count, ...where }, `One request asked the same query ${count} times: ask once for all that it needs`)
  })

  function queriesOfRequest (request: FastifyRequest): RequestQueries {
    const { raw } = request
    const held = queriesOf(raw)
    if (held !== undefined) return held
    const route = routeOf(request)?.withQueries(instruments, repeated)
    return holdQueries(
      raw,
      new RequestQueries(catalogue, route, raw.method as string, route !== undefined && !isUnderWay(raw))
    )
  }

  function follow (): void {
    if (attribute !== 'async') return
    context.enter = enterRequest
    followContext(app.server, queriesOfRequest)
  }

  if (attribute === 'async') leaveCallersAlone(rootOf(app))

  addServerTiming(rootOf(app), serverTiming, queriesOfRequest, failed, createOptionWarning(app.log))

  return { queriesOf: queriesOfRequest, follow }
}

/**
 * Has `inject` begin its requests outside of the caller's context, so that the caller's own queries count for none of
 * them.
 */
function leaveCallersAlone (root: FastifyInstance): void {
  const inject = root.inject as (...args: unknown[]) => PromiseLike<unknown>
  root.inject = function (this: FastifyInstance, ...args: unknown[]) {
    // Without a callback, `inject` begins its request when its result is awaited; without a request it returns a
    // builder.
    return args.length === 1
      ? inThisContext(() => inject.apply(this, args).then(response => response))()
      : inThisContext(() => inject.apply(this, args))()
  } as FastifyInstance['inject']
}
