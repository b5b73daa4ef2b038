import type postgres from 'postgres'
import type { RequestQueries } from '../metrics/queries/request-queries.js'
import type { SessionMethods } from './session-methods.js'
import type { Pool } from './pool.js'
import { file, notify, tagged, unsafe } from './query-methods.js'

/** How a client makes queries, and what executes them. */
interface QueryMaker {
  /** Makes its queries. */
  build: postgres.Sql
  pool: Pool
  sessionMethods: SessionMethods
}

const held = Symbol('fastify-vitals.request')

/** A client bound to a request, which it holds: each of its functions is made when it is first used. */
type Bound = postgres.Sql & { [held]: RequestQueries }

const queryMakers = new WeakMap<object, QueryMaker>()
const methods = new WeakMap<object, object>()

/** Notes how a client asks, so that clients bound to requests can ask in the same way. */
export function noteQueryMaker (client: object, maker: QueryMaker): void {
  queryMakers.set(client, maker)
}

/**
 * Binds a client to a request. Returns one that does the same on the same pool, and whose queries, transactions and
 * reserved connections are charged to the request; its clients with names are bound, too. A client that has no pool of
 * ours is returned as it is.
 */
export function bindClient (client: postgres.Sql, request: RequestQueries): postgres.Sql {
  const maker = queryMakers.get(client)
  const bound = maker === undefined
    ? placeholderFor(client)
    : tagged(maker.build, { run: query => { maker.pool.run(query, request) } })
  ;(bound as unknown as Bound)[held] = request
  return Object.setPrototypeOf(bound, methodsOf(client, maker)) as postgres.Sql
}

/** Stands for the client without a name where all clients have names: calling it throws an Error that says so. */
function placeholderFor (client: postgres.Sql): (...args: never[]) => unknown {
  return (...args) => (client as unknown as (...args: never[]) => unknown)(...args)
}

/**
 * The prototype of all clients that are bound to one: a function that asks is made when it is first used; all else is
 * that client's own.
 */
function methodsOf (client: postgres.Sql, maker: QueryMaker | undefined): object {
  let found = methods.get(client)
  if (found === undefined) methods.set(client, found = Object.create(client, propertiesOf(client, maker)) as object)
  return found
}

function propertiesOf (client: postgres.Sql, maker: QueryMaker | undefined): PropertyDescriptorMap {
  const made = (make: (bound: Bound) => unknown): PropertyDescriptor => ({
    enumerable: true,
    get (this: Bound) { return make(this) }
  })
  const named = Object.entries(client).filter(([, value]) => queryMakers.has(value as object))
    .map(([name, value]) => [name, made(bound => bindClient(value as unknown as postgres.Sql, bound[held]))] as const)
  if (maker === undefined) return Object.fromEntries(named)

  const { build, pool, sessionMethods } = maker
  const executorOf = (bound: Bound) => {
    const request = bound[held]
    return {
      run: (query: Parameters<Pool['run']>[0]) => { pool.run(query, request) },
      refuse: (query: Parameters<Pool['run']>[0], error: unknown, askedAt?: number) => {
        pool.refuse(
          query,
          error,
          askedAt,
          request
        )
      },
      lease: async (place?: { stack?: string }) => await pool.lease(place, request)
    }
  }
  return {
    ...Object.fromEntries(named),
    unsafe: made(bound => unsafe(build, executorOf(bound))),
    file: made(bound => file(build, executorOf(bound))),
    notify: made(bound => notify(bound)),
    begin: made(bound => sessionMethods(executorOf(bound)).begin),
    reserve: made(bound => sessionMethods(executorOf(bound)).reserve),
    largeObject: made(bound => sessionMethods(executorOf(bound)).largeObject)
  }
}
