import { createClient, type Sql } from './client/client.js'
import type { ClientOptions } from './client/client-options.js'
import { connectionEnded } from './errors.js'

export interface Probe {
  /**
   * Asks on the probe's connection, and rejects with what the question does. When the signal aborts, that connection is
   * given up and the next question opens another.
   */
  ask: <T>(question: (sql: Sql) => Promise<T>, signal: AbortSignal) => Promise<T>
  close: () => Promise<void>
}

/** A question waits for the connection, or for another, as long as the signal lets it. */
const apart = { poolSize: 1, acquireTimeoutMs: 0, idleTimeoutSeconds: 0, fetchTypes: false }

/** Makes a connection apart from any pool, so that a saturated pool is not taken for a dead database. */
export function createProbe (options: ClientOptions): Probe {
  let client: Sql | undefined
  let closed = false

  async function giveUp () {
    const closing = client
    client = undefined
    await closing?.end({ timeout: 0 })
  }

  async function close () {
    closed = true
    await giveUp()
  }

  async function ask<T> (question: (sql: Sql) => Promise<T>, signal: AbortSignal): Promise<T> {
    // A probe or a scrape may still ask while the app closes.
    if (closed) throw connectionEnded()
    const applicationName = `${options.applicationName ?? 'fastify-vitals'} probe`
    client ??= createClient({ ...options, ...apart, applicationName })
    const abort = () => { giveUp().catch(() => {}) }
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await question(client)
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  return { ask, close }
}
