import type postgres from 'postgres'
import { Connection, type ConnectionOptions } from './connection.js'
import { wrongSession, type Address } from '../errors.js'

/** Which kind of server to connect to, in the words of libpq's `target_session_attrs`. */
export type SessionAttributes = 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby'

// Asked of each new connection. Any answer also tells the driver the session's id, and resets its count of rows.
const nothing = 'select'
const state = 'show transaction_read_only; select pg_catalog.pg_is_in_recovery()'

/** Returns the addresses that a client's options name, in their order. */
export function addressesOf ({ host, port, path }: postgres.Sql['options']): Address[] {
  const socket = path as string | false | undefined
  if (socket) return [{ host: host[0] as string, port: port[0] as number, path: socket }]
  return host.map((host, index) => ({ host, port: port[index] as number }))
}

/**
 * The hosts of a database URL. Connects to the first that accepts and is the kind of server that is wanted, beginning
 * with the one that was last connected to. Rejects with the error of the last host that was tried.
 */
export class Hosts {
  readonly #addresses: readonly Address[]
  readonly #wanted: SessionAttributes | undefined
  #best = 0

  constructor (addresses: readonly Address[], wanted: SessionAttributes | undefined) {
    this.#addresses = addresses
    this.#wanted = wanted
  }

  async connect (options: () => ConnectionOptions, made: (connection: Connection) => void): Promise<Connection> {
    const wanted = this.#wanted
    const passes = wanted === 'prefer-standby' ? ['standby', undefined] as const : [wanted]
    let failure: unknown
    for (const wanted of passes) {
      for (let turn = 0; turn < this.#addresses.length; turn++) {
        const place = (this.#best + turn) % this.#addresses.length
        const address = this.#addresses[place] as Address
        const connection = new Connection(address, options())
        made(connection)
        try {
          const answer = await connection.open(wanted === undefined ? nothing : state)
          if (wanted === undefined || isWanted(wanted, answer)) {
            this.#best = place
            return connection
          }
          failure = wrongSession(address, wanted)
          connection.close()
        } catch (error) {
          failure = error
        }
      }
    }
    throw failure
  }
}

function isWanted (wanted: SessionAttributes, answer: unknown): boolean {
  const [[{ transaction_read_only: readOnly }], [{ pg_is_in_recovery: inRecovery }]] =
    answer as [[{ transaction_read_only: string }], [{ pg_is_in_recovery: boolean }]]
  if (wanted === 'read-write') return readOnly === 'off'
  if (wanted === 'read-only') return readOnly === 'on'
  return inRecovery === (wanted !== 'primary')
}
