import { createClient, type ClientOptions, type Sql } from './client.js'

export interface Probe {
  /** Asks on the probe's connection. When the signal aborts, that connection is given up and the next question opens another. */
  ask: <T>(question: (sql: Sql) => Promise<T>, signal: AbortSignal) => Promise<T>
  close: () => Promise<void>
}

/** Makes a connection apart from any pool, so that a saturated pool is not taken for a dead database. */
export function createProbe (options: ClientOptions): Probe {
  let client: Sql | undefined

  async function close () {
    const closing = client
    client = undefined
    await closing?.end({ timeout: 0 })
  }

  async function ask<T> (question: (sql: Sql) => Promise<T>, signal: AbortSignal): Promise<T> {
    client ??= createClient({ ...options, poolSize: 1, idleTimeoutSeconds: 0, applicationName: `${options.applicationName ?? 'fastify-vitals'} probe` })
    const giveUp = () => { close().catch(() => {}) }
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await question(client)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  return { ask, close }
}
