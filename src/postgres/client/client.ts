import { Duplex } from 'node:stream'
import postgres from 'postgres'
import { noteQueryMaker } from './request-client.js'
import { createQueryMethods } from './query-methods.js'
import { driverOptionsOf, poolOptionsOf, type ClientOptions } from './client-options.js'
import { createSessionMethods } from './session-methods.js'
import { Listener } from './listener.js'
import { Pool } from '../pool/pool.js'
import type { PoolObserver } from '../pool/pool-observer.js'
import { holdPool } from '../pool/pool-of.js'
import { cancelledSession } from '../connection/socket.js'
import { createSubscriber } from './subscriber.js'

export type Sql = postgres.Sql
/** What a client and a transaction have in common. */
export type ISql = postgres.ISql

/**
 * Makes a client that does all that postgres.js does, on a pool of its own: each connection is leased to one holder at
 * a time, each wait is bounded, and what is asked on a lost connection rejects.
 * Throws an Error of a sentence, which never shows the password, when the URL cannot be read, or has a parameter that
 * is no setting of PostgreSQL.
 */
export function createClient (options: ClientOptions): Sql {
  const parsed = driverOptionsOf(options)
  // Never connects: it only makes the queries, and sends requests to cancel them.
  const build = postgres({ ...parsed, ssl: false, socket: () => cancelSocket() } as object)
  const poolOptions = poolOptionsOf(parsed, options)
  const pool = new Pool(poolOptions)
  const { leakDetectionMs } = poolOptions
  let listener: Listener | undefined
  let subscriber: ReturnType<typeof createSubscriber> | undefined

  // Called from within `cancel()`, which means what is being executed at that moment, and nothing that comes after it.
  function cancelSocket (): Duplex {
    const meant = pool.executing()
    const socket: Duplex = new Duplex({
      read () {},
      write (message: Buffer, _encoding, done) {
        done()
        // While it is open, the driver has a timer that keeps the process.
        cancel(message, meant).catch(ignore).then(() => { socket.destroy() }, ignore)
      }
    })
    return socket
  }

  async function cancel (message: Buffer, meant: ReturnType<Pool['executing']>): Promise<void> {
    const connection = pool.connectionOf(cancelledSession(message))
    if (connection !== undefined && meant.has(connection.statement)) await connection.cancel(message)
  }

  const sessionMethods = createSessionMethods(build, leakDetectionMs > 0)

  const listen = async (...args: Parameters<Listener['listen']>) => {
    listener ??= new Listener(build, onnotify => {
      const own = new Pool({
        ...poolOptions,
        driver: { ...parsed, onnotify } as Sql['options'],
        ...listening,
        source: pool.source
      })
      own.observers.push(statementsOnly(observers))
      return own
    })
    return await listener.listen(...args)
  }

  async function end ({ timeout }: { timeout?: number | null | undefined } = {}): Promise<void> {
    // A query that was asked just before reaches the pool a little later.
    await null
    await Promise.all([pool.end(timeout ?? undefined), listener?.end(), subscriber?.end(), build.end()])
  }

  const { observers } = pool
  const sql = Object.assign(createQueryMethods(build, pool), {
    CLOSE: build.CLOSE,
    END: build.END,
    PostgresError: postgres.PostgresError,
    options: parsed,
    ...sessionMethods(pool),
    listen,
    subscribe: async (...args: Parameters<Sql['subscribe']>) => {
      subscriber ??= createSubscriber(parsed, poolOptions)
      return await subscriber.subscribe(...args)
    },
    close: async () => { pool.close() },
    end
  })
  Object.defineProperty(
    sql,
    'parameters',
    { enumerable: true, get: () => (parsed as unknown as { parameters: object }).parameters }
  )
  holdPool(sql, pool)
  noteQueryMaker(sql, { build, pool, sessionMethods })
  return sql as unknown as Sql
}

/** A listener's connection is kept for as long as there is something to listen to. */
const listening = { max: 1, idleTimeoutSeconds: 0, maxLifetimeSeconds: 0, acquireTimeoutMs: 0, queryTimeoutMs: 0 }

const ignore = () => {}

function statementsOnly (observers: readonly PoolObserver[]): PoolObserver {
  return {
    result: (...args) => { for (const observer of observers) observer.result(...args) },
    error: (...args) => { for (const observer of observers) observer.error(...args) },
    transaction: ignore,
    opened: ignore,
    closed: ignore,
    connectionError: ignore,
    changed: ignore
  }
}
