import type { Socket } from 'node:net'
import postgres from 'postgres'
import type { SessionAttributes } from '../connection/hosts.js'
import { connect, type Encryption } from '../connection/socket.js'
import type { PoolOptions, PoolWarning } from '../pool/pool-options.js'
import type { DriverOptions, SocketOption } from '../driver-options.js'
import { WrongParameters } from '../url-parameters.js'
import { databaseUrl } from '../url.js'
import { guardHook, type HookFailed } from './hook-guard.js'

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
  driver?: DriverOptions
  /** Called with the server's notices. */
  onNotice?: (notice: postgres.Notice) => void
  /** Called with what somebody should see to. */
  onWarning?: (warning: PoolWarning) => void
  /** Told the name of `onNotice`, `onWarning` or a function of `driver`, and what that threw, or rejected with. */
  onHookError?: HookFailed
}

const ignore = () => {}
const isTold = ([, value]: [name: string, value: unknown]) => value !== undefined

/**
 * Returns the options of postgres.js, as it reads them. Throws an Error of a sentence, which never shows the password,
 * when the URL cannot be read, or has a parameter that is no setting of PostgreSQL, or when PGTARGETSESSIONATTRS is no
 * kind of server.
 */
export function driverOptionsOf (options: ClientOptions): postgres.Sql['options'] {
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
  // postgres.js takes what is undefined for what was told: `ssl` for TLS.
  const told = Object.entries(driver).filter(isTold)
  // It leaves out what is false or 0.
  const settings = Object.entries(driver.connection ?? {}).filter(isTold).map(([name, value]) => [name, String(value)])
  const hooks = (['onclose', 'onnotify', 'onparameter', 'debug'] as const).flatMap(name => {
    const hook = driver[name]
    return typeof hook === 'function' ? [[name, guardHook(name, hook as () => void, onHookError)]] : []
  })
  try {
    return postgres(...databaseUrl(url, {
      ...Object.fromEntries([...told, ...hooks]),
      fetch_types: fetchTypes,
      prepare,
      onnotice: guardHook('onNotice', onNotice, onHookError),
      ...tls !== undefined && { ssl: tls === 'disable' ? false : tls },
      connection: { application_name: applicationName, ...Object.fromEntries(settings) }
    })).options
  } catch (error) {
    if (error instanceof WrongParameters) throw error
    const { code = 'bad option', message } = error as NodeJS.ErrnoException
    if (message.startsWith('target_session_attrs ')) {
      throw new Error(`The environment variable PGTARGETSESSIONATTRS cannot be used: ${message}`)
    }
    const example = 'postgres://user:password@host:5432/database'
    throw new Error(
      `The database URL cannot be read (${code}): it must look like ${example}, ` +
      'with special characters in the password percent-encoded'
    )
  }
}

/** @param driver - the same options, as postgres.js has read them */
export function poolOptionsOf (driver: postgres.Sql['options'], options: ClientOptions): PoolOptions {
  const { ssl, sslnegotiation, target_session_attrs: wanted, socket } = driver as unknown as {
    ssl: Encryption['ssl']
    sslnegotiation: string | null
    target_session_attrs: SessionAttributes | null
    socket: SocketOption | undefined
  }
  return {
    driver,
    connect: socket === undefined ? connect : async () => assertSocket(await socket(driver)),
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

/** Returns what the function `socket` made. Throws a TypeError when that is no stream, of Node.js or of its like. */
function assertSocket (made: unknown): Socket {
  const { write, once } = (made ?? {}) as Partial<Socket>
  if (typeof write === 'function' && typeof once === 'function') return made as Socket
  const got = made === null ? 'null' : typeof made
  throw new TypeError(`The function socket of the option driver must return a socket, but returned ${got}`)
}
