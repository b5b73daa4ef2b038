import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'
import type { RequestQueries } from './request-queries.js'

/** Tells which request code runs for. */
export interface RequestContext {
  /**
   * Called at the begin of each request, after everything else that is recorded then; undefined while nobody needs it.
   */
  enter: ((request: FastifyRequest) => void) | undefined
}

type QueriesOf = (request: FastifyRequest) => RequestQueries

/** The request that code runs for. Not used until somebody needs it: before Node.js 24 it makes all promises slower. */
let storage: AsyncLocalStorage<FastifyRequest | undefined> | undefined
const byServer = new WeakMap<object, QueriesOf>()

/** Whether following requests is cheap: from Node.js 24 on, V8 itself keeps the context (`AsyncContextFrame`). */
export const contextIsCheap = Number(process.versions.node.split('.')[0]) >= 24

/** Follows the requests of an app from now on; the app is known by its server. */
export function followContext (server: object, queriesOf: QueriesOf): void {
  if (storage === undefined) {
    storage = new AsyncLocalStorage()
    // Node.js before 24 keeps contexts apart only after the first use.
    storage.enterWith(undefined)
  }
  byServer.set(server, queriesOf)
}

/** Has queries from now on, in this callback and what follows from it, count for a request. */
export function enterRequest (request: FastifyRequest): void {
  storage?.enterWith(request)
}

/** Returns the queries of the request that the caller runs for; undefined when it runs for none. */
export function queriesInContext (): RequestQueries | undefined {
  if (storage === undefined) return undefined
  const request = storage.getStore()
  return request === undefined ? undefined : byServer.get(request.server.server)?.(request)
}

/** Binds a function to the request that the caller runs for, if there is one. What the function enters ends with it. */
export function inThisContext<F extends (...args: never[]) => unknown> (run: F): F {
  return storage === undefined ? run : AsyncLocalStorage.bind(run)
}

/** Runs a function for no request, since what it begins outlives the request, as a connection does. */
export function outsideRequests<T> (run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run)
}
