import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ValueCell } from '../cell.js'
import type { OptionWarning } from '../failure-warning.js'
import { asyncError, isPromise } from '../promise.js'
import { clock } from '../../clock.js'
import type { RequestQueries } from './request-queries.js'

/** Which answers have the header: all, none, or those of requests for which a function returns true. */
export type ServerTiming = boolean | ((request: FastifyRequest) => boolean)

/**
 * Adds `Server-Timing` to the answers of routes that are registered later. A route's own `config.serverTiming` takes
 * precedence. Where it is off, it costs nothing. What fails is counted, and an answer goes on without.
 * @param warn - told of the function of the option when that failed
 */
export function addServerTiming (
  app: FastifyInstance,
  forAll: ServerTiming,
  queriesOf: (request: FastifyRequest) => RequestQueries,
  failed: ValueCell,
  warn: OptionWarning
): void {
  const began = new WeakMap<FastifyRequest, number>()

  app.addHook('onRoute', route => {
    const wanted = (route.config?.serverTiming as boolean | undefined) ?? forAll
    if (wanted === false) return
    const isWanted = typeof wanted === 'function' ? createAnswer(wanted, warn) : () => true

    const begin = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
      began.set(request, clock())
      done()
    }
    const tell = (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
      try {
        const since = began.get(request)
        if (since !== undefined && isWanted(request)) {
          add(reply, serverTiming(queriesOf(request), clock() - since))
        }
      } catch {
        failed.add(1)
      }
      done()
    }
    route.onRequest = [begin, ...[route.onRequest ?? []].flat()] as NonNullable<RouteOptions['onRequest']>
    route.onSend = [...[route.onSend ?? []].flat(), tell] as NonNullable<RouteOptions['onSend']>
  })
}

/**
 * Makes the function of the option tell why it fails, which it does, too, when it returns a promise: that would count
 * as true whatever it resolves to. Throws what it failed with.
 */
function createAnswer (ask: (request: FastifyRequest) => unknown, warn: OptionWarning) {
  return (request: FastifyRequest): boolean => {
    try {
      const answer = ask(request)
      if (isPromise(answer)) throw asyncError(answer, 'it returned a promise, but must return true or false')
      return Boolean(answer)
    } catch (error) {
      warn('serverTiming', request.routeOptions.url, 'its answer has no Server-Timing', error)
      throw error
    }
  }
}

function add (reply: FastifyReply, own: string): void {
  const present = reply.getHeader('server-timing')
  reply.header('server-timing', present === undefined ? own : `${String(present)}, ${own}`)
}

/**
 * Returns the header's value (https://www.w3.org/TR/server-timing/), in milliseconds: the execution of the request's
 * queries and their waits, each added up although queries may overlap, and the time since the request began.
 */
export function serverTiming (
  { count, execution, wait }: Pick<RequestQueries, 'count' | 'execution' | 'wait'>,
  total: number
): string {
  const queries = count === 1 ? '1 query' : `${count} queries`
  return `db;dur=${tenths(execution * 1000)};desc="${queries}", ` +
    `pool;dur=${tenths(wait * 1000)}, total;dur=${tenths(total)}`
}

function tenths (milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
