import { createClient, type ClientOptions, type Sql } from './client.js'
import { createSockets } from './sockets.js'

export interface Probe {
  /** Asks on the probe's connection. When the signal aborts, that connection is given up and the next question opens another. */
  ask: <T>(question: (sql: Sql) => Promise<T>, signal: AbortSignal) => Promise<T>
  close: () => Promise<void>
}

/** Makes a connection apart from any pool, so that a saturated pool is not taken for a dead database. */
export function createProbe (options: ClientOptions): Probe {
  // A server that is frozen leaves the farewell of a connection unread, and the socket open until it wakes up.
  const sockets = createSockets(Infinity)
  let client: Sql | undefined
  let closed = false

  async function giveUpClient () {
    const closing = client
    client = undefined
    await closing?.end({ timeout: 0 })
  }

  async function close () {
    closed = true
    await giveUpClient()
  }

  async function ask<T> (question: (sql: Sql) => Promise<T>, signal: AbortSignal): Promise<T> {
    // A probe or a scrape may still ask while the app closes.
    if (closed) throw Object.assign(new Error('The probe is closed'), { code: 'CONNECTION_ENDED' })
    client ??= createClient({ ...options, poolSize: 1, idleTimeoutSeconds: 0, sockets, applicationName: `${options.applicationName ?? 'fastify-vitals'} probe` })
    const giveUp = () => { giveUpClient().then(sockets.destroy, sockets.destroy) }
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await question(client)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  return { ask, close }
}
