import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ValueCell } from '../cell.js'
import { asyncError, isPromise } from '../promise.js'
import { clock } from '../../clock.js'
import type { RequestQueries } from './request-queries.js'

/** Whose answers have the header: everybody's, or those of the requests for which a function says so. */
export type ServerTiming = boolean | ((request: FastifyRequest) => boolean)

/**
 * Adds `Server-Timing` to the answers of routes that come after it; a route's own `config.serverTiming` counts more
 * than what is said for all. Where it is not on, it costs nothing.
 */
export function addServerTiming (
  app: FastifyInstance,
  forAll: ServerTiming,
  queriesOf: (request: FastifyRequest) => RequestQueries,
  failed: ValueCell
): void {
  const began = new WeakMap<FastifyRequest, number>()

  app.addHook('onRoute', route => {
    const wanted = (route.config?.serverTiming as boolean | undefined) ?? forAll
    if (wanted === false) return
    const isWanted = typeof wanted === 'function' ? wanted : () => true

    const begin = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
      began.set(request, clock())
      done()
    }
    const tell = (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
      try {
        const since = began.get(request)
        if (since !== undefined && isYes(isWanted(request))) {
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

/** Whether a function said yes. A promise comes too late, and throws: it would be yes whatever it holds. */
function isYes (answer: unknown): boolean {
  if (isPromise(answer)) throw asyncError(answer, 'serverTiming returned a promise, but must return true or false')
  return Boolean(answer)
}

function add (reply: FastifyReply, own: string): void {
  const present = reply.getHeader('server-timing')
  reply.header('server-timing', present === undefined ? own : `${String(present)}, ${own}`)
}

/**
 * The header as browsers' tools draw it, in milliseconds: what the database and the waits for connections took, each
 * added up over queries that may have been asked at once, and the time since the request began
 * (https://www.w3.org/TR/server-timing/).
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
