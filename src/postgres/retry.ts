import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../error-code.js'

/** The server undid the transaction, or the connection was lost before it could tell whether it did. */
const passing = new Set(['40001', '40P01', '57P01', 'CONNECTION_CLOSED', 'ECONNRESET', 'EPIPE'])

/**
 * PostgreSQL's own name of where it found that a table has changed under a prepared statement; the driver prepares anew
 * once.
 */
const stalePlan = 'RevalidateCachedQuery'

/**
 * Milliseconds after which nothing is asked again, so that a request does not take many times the deadline of a query.
 * A deadlock takes a second to be found.
 */
const patience = 4000

/** Attempts in all. */
const attempts = 3

/**
 * Asks, and asks again when that failed for a reason that has passed. Only for what can be asked twice: a single
 * statement outside of any transaction, which reads, or writes what is there already without harm. Rejects with the
 * last failure.
 */
export async function retried<T> (ask: () => PromiseLike<T>): Promise<T> {
  const began = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === attempts || performance.now() - began > patience || !isPassing(error)) throw error
      // So that those that were in each other's way do not meet again.
      await sleep(attempt * 20 * Math.random())
    }
  }
}

function isPassing (error: unknown): boolean {
  return passing.has(codeOf(error) ?? '') || (error as { routine?: unknown } | null)?.routine === stalePlan
}
