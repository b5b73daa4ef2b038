import type postgres from 'postgres'
import type { Wire } from './wire.js'

/** The connection, as the driver needs it. */
interface Spoken {
  readonly isLost: boolean
  /** Whether the connection's own statement is executed, which is not logged. */
  readonly isAskingItself: boolean
  lose: (error: Error) => void
}

const never = async () => await new Promise<never>(() => {})

/**
 * Returns options with which the driver uses one socket and never opens another. Deadlines, lifetimes and hosts are
 * left to the pool.
 */
export function onOneSocket (driver: postgres.Sql['options'], wire: Wire, connection: Spoken): object {
  const { pass, debug } = driver
  let given = false
  return {
    ...driver,
    ...typeof debug === 'function' && {
      debug: (...args: Parameters<typeof debug>) => { if (!connection.isAskingItself) debug(...args) }
    },
    max: 1,
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: 0,
    target_session_attrs: null,
    ssl: false,
    onclose: undefined,
    ...typeof pass === 'function' && { pass: async () => await passwordOf(pass, connection) },
    socket: async () => {
      if (given || connection.isLost) return await never()
      given = true
      return wire
    }
  }
}

/**
 * Resolves with the password that the option's function returns. When that fails, or returns no text, the connection is
 * lost and this never settles: the driver would not catch a rejection.
 */
async function passwordOf (ask: () => string | Promise<string>, connection: Spoken): Promise<string> {
  try {
    const password: unknown = await ask()
    if (typeof password === 'string') return password
    const got = password === null ? 'null' : typeof password
    throw new TypeError(`The function password of the option driver must return a text, but returned ${got}`)
  } catch (error) {
    connection.lose(error as Error)
    return await never()
  }
}
