import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'
import type { RequestQueries } from './request-queries.js'

type QueriesOf = (request: FastifyRequest) => RequestQueries

/**
 * The request in whose course things happen. None is looked for until somebody wants it: on Node.js before 24 that
 * costs all promises.
 */
let storage: AsyncLocalStorage<FastifyRequest | undefined> | undefined
const byServer = new WeakMap<object, QueriesOf>()

/** Whether it is cheap to know whose query it is: from Node.js 24 on, V8 keeps the context (`AsyncContextFrame`). */
export const contextIsCheap = Number(process.versions.node.split('.')[0]) >= 24

/** Has the requests of an app be looked for from now on, which is known by its server. */
export function followContext (server: object, queriesOf: QueriesOf): void {
  storage ??= new AsyncLocalStorage()
  byServer.set(server, queriesOf)
}

/** Has what happens from now on, in this turn and what it leads to, be in the course of a request. */
export function enterRequest (request: FastifyRequest): void {
  storage?.enterWith(request)
}

/** The queries of the request in whose course this is called, if there is one. */
export function queriesInContext (): RequestQueries | undefined {
  if (storage === undefined) return undefined
  const request = storage.getStore()
  return request === undefined ? undefined : byServer.get(request.server.server)?.(request)
}

/** Has a function called in the context in which this is. */
export function inThisContext<F extends (...args: never[]) => unknown> (run: F): F {
  return storage === undefined ? run : AsyncLocalStorage.bind(run)
}

/** Runs what outlives a request, as opening a connection does, in the course of none. */
export function outsideRequests<T> (run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run)
}
