import postgres from 'postgres'
import type { Sockets } from './sockets.js'
import { readDatabaseUrl } from './url.js'

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
  /** Seconds to open a connection before giving up. */
  connectTimeoutSeconds?: number
  /** Seconds after which an idle connection is closed; 0 keeps it. */
  idleTimeoutSeconds?: number
  /** `verify-full` checks the server's certificate, `require` only encrypts, `disable` does neither; the URL's `sslmode` decides when not given. */
  tls?: 'disable' | 'require' | 'verify-full'
  /**
   * Whether each connection asks the server for its array types first, which reading array columns needs. With it, a
   * connection that is lost meanwhile causes an unhandled rejection in the driver, which ends the process; without it,
   * the driver's `reserve()` waits for ever on a pool that has no open connection.
   */
  fetchTypes?: boolean
  /** Milliseconds after which the server cancels a statement, its `statement_timeout`; 0 is no limit, and what poolers need that refuse the setting. */
  queryTimeoutMs?: number
  /** Opens the client's sockets, in place of the driver. */
  sockets?: Sockets | undefined
  /** Told the server's notices. */
  onNotice?: (notice: postgres.Notice) => void
}

/**
 * Makes a postgres.js client whose waits are bounded.
 * Throws an Error that does not contain the URL when the URL cannot be read.
 */
export function createClient ({
  url, applicationName = 'fastify-vitals', poolSize = 10, connectTimeoutSeconds = 5, idleTimeoutSeconds = 0, tls, fetchTypes = false, queryTimeoutMs = 0, sockets, onNotice = () => {}
}: ClientOptions): Sql {
  try {
    // A "#" in a password ends the URL, and what is before it would be taken for the host.
    if (readDatabaseUrl(url).url.hash !== '') throw new TypeError('URL with a fragment')
    return postgres(url, {
      max: poolSize,
      connect_timeout: connectTimeoutSeconds,
      idle_timeout: idleTimeoutSeconds,
      backoff,
      fetch_types: fetchTypes,
      onnotice: onNotice,
      ...(tls !== undefined && { ssl: tls === 'disable' ? false : tls }),
      ...(sockets !== undefined && { socket: sockets.open }),
      connection: { application_name: applicationName, ...(queryTimeoutMs > 0 && { statement_timeout: queryTimeoutMs }) }
    })
  } catch (error) {
    throw new Error(`The database URL cannot be read (${(error as NodeJS.ErrnoException).code ?? 'bad option'}): it must look like postgres://user:password@host:5432/database, with special characters in the password percent-encoded`)
  }
}

/** Seconds before a connection that failed is tried again. The driver's own grows to 20 s, during which queries hang although the server is back. */
function backoff (retries: number): number {
  return Math.min(0.02 * 2 ** retries, 0.5)
}
