import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'
import type { RequestQueries } from './request-queries.js'

/** In whose course things happen. */
export interface RequestContext {
  /** Called as each request begins, after all that is recorded then; undefined while nobody wants to know. */
  enter: ((request: FastifyRequest) => void) | undefined
}

type QueriesOf = (request: FastifyRequest) => RequestQueries

/**
 * The request that code runs for. Nothing is followed until somebody wants it: on Node.js before 24 that makes all
 * promises slower.
 */
let storage: AsyncLocalStorage<FastifyRequest | undefined> | undefined
const byServer = new WeakMap<object, QueriesOf>()

/** Whether it is cheap to know whose query it is: from Node.js 24 on, V8 keeps the context (`AsyncContextFrame`). */
export const contextIsCheap = Number(process.versions.node.split('.')[0]) >= 24

/** Follows the requests of an app, which is known by its server, from now on. */
export function followContext (server: object, queriesOf: QueriesOf): void {
  if (storage === undefined) {
    storage = new AsyncLocalStorage()
    // Node.js before 24 tells scopes apart only from the first use on.
    storage.enterWith(undefined)
  }
  byServer.set(server, queriesOf)
}

/** Charges what happens from now on, in this turn and what it leads to, to a request. */
export function enterRequest (request: FastifyRequest): void {
  storage?.enterWith(request)
}

/** Returns the queries of the request that this is called for, if there is one. */
export function queriesInContext (): RequestQueries | undefined {
  if (storage === undefined) return undefined
  const request = storage.getStore()
  return request === undefined ? undefined : byServer.get(request.server.server)?.(request)
}

/** Binds a function to the request that this is called for, if any; what it enters ends with it. */
export function inThisContext<F extends (...args: never[]) => unknown> (run: F): F {
  return storage === undefined ? run : AsyncLocalStorage.bind(run)
}

/** Runs what outlives a request, as opening a connection does, for none. */
export function outsideRequests<T> (run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run)
}
