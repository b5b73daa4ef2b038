import type postgres from 'postgres'
import type { Wire } from './wire.js'

/** What the driver asks of the connection that it speaks for. */
interface Spoken {
  readonly isLost: boolean
  /** Whether what is executed is the connection's own, which nobody else is told of. */
  readonly isAskingItself: boolean
  lose: (error: Error) => void
}

const never = async () => await new Promise<never>(() => {})

/**
 * Options that have the driver speak on one socket, and never open another. The deadlines, ages and hosts are the
 * pool's.
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

/** What an option that is asked for the password answers; the driver would not catch what it rejects with. */
async function passwordOf (ask: () => string | Promise<string>, connection: Spoken): Promise<string> {
  try {
    return await ask()
  } catch (error) {
    connection.lose(error as Error)
    return await never()
  }
}
