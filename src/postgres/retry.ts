import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../error-code.js'

/** The server undid the transaction, or the connection was lost before it could tell whether it did. */
const passing = new Set(['40001', '40P01', '57P01', 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'])

/**
 * The function of PostgreSQL that reports that a table has changed under a prepared statement. The driver prepares anew
 * once.
 */
const stalePlan = 'RevalidateCachedQuery'

/**
 * Milliseconds after which it does not try again, so that a request takes no multiple of a query's deadline. PostgreSQL
 * takes a second to find a deadlock.
 */
const patience = 4000

/** Attempts in all. */
const attempts = 3

/**
 * Executes a query, again if it failed for a reason that passes by itself. It must be safe to execute twice: a single
 * statement outside of a transaction that only reads, or whose second write changes nothing. Rejects with the last
 * error.
 */
export async function retried<T> (ask: () => PromiseLike<T>): Promise<T> {
  const began = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === attempts || performance.now() - began > patience || !isPassing(error)) throw error
      // A random pause, so that transactions that conflicted do not do so again.
      await sleep(attempt * 20 * Math.random())
    }
  }
}

function isPassing (error: unknown): boolean {
  return passing.has(codeOf(error) ?? '') || (error as { routine?: unknown } | null)?.routine === stalePlan
}
