import type postgres from 'postgres'
import type { RequestQueries } from '../../metrics/queries/request-queries.js'
import type { SessionMethods } from './session-methods.js'
import type { Pool } from '../pool/pool.js'
import { file, notify, tagged, unsafe } from './query-methods.js'

/** What makes a client's queries, and what executes them. */
interface QueryMaker {
  /** Makes its queries. */
  build: postgres.Sql
  pool: Pool
  sessionMethods: SessionMethods
}

const held = Symbol('fastify-vitals.request')

/** A client for one request. Its functions are made when they are first used. */
type Bound = postgres.Sql & { [held]: RequestQueries }

const queryMakers = new WeakMap<object, QueryMaker>()
const methods = new WeakMap<object, object>()

/** Notes what makes and executes a client's queries, for `bindClient`. */
export function noteQueryMaker (client: object, maker: QueryMaker): void {
  queryMakers.set(client, maker)
}

/**
 * Returns a client for one request. It uses the pool of the given client, and its queries, transactions and reserved
 * connections are counted as that request's; so are those of its named clients. A client that this package did not make
 * is returned as it is.
 */
export function bindClient (client: postgres.Sql, request: RequestQueries): postgres.Sql {
  const maker = queryMakers.get(client)
  const bound = maker === undefined
    ? placeholderFor(client)
    : tagged(maker.build, { run: query => { maker.pool.run(query, request) } })
  ;(bound as unknown as Bound)[held] = request
  return Object.setPrototypeOf(bound, methodsOf(client, maker)) as postgres.Sql
}

/** What `request.sql` is when all clients have names: calling it throws an Error that says so. */
function placeholderFor (client: postgres.Sql): (...args: never[]) => unknown {
  return (...args) => (client as unknown as (...args: never[]) => unknown)(...args)
}

/**
 * The prototype that all requests' clients of one client share. It makes the functions that query when they are first
 * used; everything else is inherited from that client.
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
