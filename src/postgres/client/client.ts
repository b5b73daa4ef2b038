import { Duplex } from 'node:stream'
import postgres from 'postgres'
import { noteQueryMaker } from './request-client.js'
import { createQueryMethods } from './query-methods.js'
import { guardHook, type HookFailed } from './hook-guard.js'
import { createSessionMethods } from './session-methods.js'
import { Listener } from './listener.js'
import type { SessionAttributes } from '../connection/hosts.js'
import { Pool } from '../pool/pool.js'
import type { PoolObserver } from '../pool/pool-observer.js'
import type { PoolOptions, PoolWarning } from '../pool/pool-options.js'
import { holdPool } from '../pool/pool-of.js'
import { cancelledSession, connect, type Connect, type Encryption } from '../connection/socket.js'
import { createSubscriber } from './subscriber.js'
import { WrongParameters } from '../url-parameters.js'
import { databaseUrl } from '../url.js'

export type Sql = postgres.Sql
/** What a client and a transaction have in common. */
export type ISql = postgres.ISql

export interface ClientOptions {
  /** A `postgres://` URL. */
  url: string
  /** Name of this client in `pg_stat_activity`. */
  applicationName?: string
  /** Most connections in the pool. */
  poolSize?: number
  /** Seconds to open a connection before giving up; 0 is no limit. */
  connectTimeoutSeconds?: number
  /** Milliseconds that a query, a transaction or `reserve` may wait for a connection; 0 is no limit. */
  acquireTimeoutMs?: number
  /**
   * Milliseconds that a query may be executed, or a stream be without progress; 0 is no limit. The server is given it
   * as its `statement_timeout` if it takes that; the pool gives up a connection on which it does not keep to it.
   */
  queryTimeoutMs?: number
  /** Seconds after which an idle connection is closed; 0 keeps it. */
  idleTimeoutSeconds?: number
  /** Seconds after which a connection is replaced, once nobody has it; 0 keeps it. */
  maxLifetimeSeconds?: number
  /**
   * Milliseconds after which `onWarning` is told of a transaction or reserved connection that is still held; 0 is
   * never.
   */
  leakDetectionMs?: number
  /**
   * `verify-full` checks the server's certificate, `require` only encrypts, `disable` does neither; else the URL's
   * `sslmode`.
   */
  tls?: 'disable' | 'require' | 'verify-full'
  /** Whether array types are asked for when first connecting, which reading and writing arrays needs. */
  fetchTypes?: boolean
  /** Whether statements are prepared; some poolers cannot have it. */
  prepare?: boolean
  /** Further options of postgres.js, such as `types`, `transform` and `socket`. */
  driver?: Omit<postgres.Options<Record<string, postgres.PostgresType>>, 'max'> & { socket?: SocketOption }
  /** Called with the server's notices. */
  onNotice?: (notice: postgres.Notice) => void
  /** Called with what somebody should see to. */
  onWarning?: (warning: PoolWarning) => void
  /** Told the name of `onNotice`, `onWarning` or a function of `driver`, and what that threw, or rejected with. */
  onHookError?: HookFailed
}

/** Makes each connection's socket, connected or about to be, in place of one to the URL's host. */
type SocketOption = (options: Sql['options']) => ReturnType<Connect>

/**
 * Makes a client that does all that postgres.js does, on a pool of its own: each connection is leased to one holder at
 * a time, each wait is bounded, and what is asked on a lost connection rejects.
 * Throws an Error of a sentence, which never shows the password, when the URL cannot be read, or has a parameter that
 * is no setting of PostgreSQL.
 */
export function createClient (options: ClientOptions): Sql {
  const parsed = parse(options)
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

function parse (options: ClientOptions): Sql['options'] {
  const {
    url,
    applicationName = 'fastify-vitals',
    tls,
    fetchTypes = true,
    prepare = true,
    onNotice = ignore,
    driver = {},
    onHookError = ignore
  } = options
  const hooks = (['onclose', 'onparameter', 'debug'] as const).flatMap(name => {
    const hook = driver[name]
    return typeof hook === 'function' ? [[name, guardHook(name, hook as () => void, onHookError)]] : []
  })
  try {
    return postgres(...databaseUrl(url, {
      ...driver,
      ...Object.fromEntries(hooks),
      fetch_types: fetchTypes,
      prepare,
      onnotice: guardHook('onNotice', onNotice, onHookError),
      ...tls !== undefined && { ssl: tls === 'disable' ? false : tls },
      connection: { application_name: applicationName, ...driver.connection }
    })).options
  } catch (error) {
    if (error instanceof WrongParameters) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'bad option'
    const example = 'postgres://user:password@host:5432/database'
    throw new Error(
      `The database URL cannot be read (${code}): it must look like ${example}, ` +
      'with special characters in the password percent-encoded'
    )
  }
}

function poolOptionsOf (driver: Sql['options'], options: ClientOptions): PoolOptions {
  const { ssl, sslnegotiation, target_session_attrs: wanted, socket } = driver as unknown as {
    ssl: Encryption['ssl']
    sslnegotiation: string | null
    target_session_attrs: SessionAttributes | null
    socket: SocketOption | undefined
  }
  return {
    driver,
    connect: socket === undefined ? connect : async () => await socket(driver),
    encryption: { ssl, negotiation: sslnegotiation },
    sessionAttributes: wanted ?? undefined,
    max: options.poolSize ?? 10,
    connectTimeoutSeconds: options.connectTimeoutSeconds ?? 5,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 0,
    queryTimeoutMs: options.queryTimeoutMs ?? 0,
    idleTimeoutSeconds: options.idleTimeoutSeconds ?? 0,
    maxLifetimeSeconds: options.maxLifetimeSeconds ?? 1800,
    leakDetectionMs: options.leakDetectionMs ?? 0,
    onWarning: guardHook('onWarning', options.onWarning ?? ignore, options.onHookError ?? ignore)
  }
}
