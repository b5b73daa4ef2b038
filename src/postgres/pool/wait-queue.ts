import type { Connection } from '../connection/connection.js'
import { Statement, type WaitingRoom } from '../query/statement.js'

/** A transaction or a reservation that waits for a connection. */
export interface Applicant {
  readonly askedAt: number
  take: (connection: Connection) => void
  fail: (error: unknown) => void
}

/** What waits for a connection. A query waits as its own statement, so that nothing more is allocated for it. */
export type Waiter = Statement | Applicant

/** What waits for a connection, in the order of asking. */
export class WaitQueue implements WaitingRoom {
  readonly #waiters = new Set<Waiter>()
  readonly #onLeave: () => void

  /** @param onLeave - called when a waiter has left without a connection */
  constructor (onLeave: () => void) {
    this.#onLeave = onLeave
  }

  get size (): number {
    return this.#waiters.size
  }

  add (waiter: Waiter): void {
    this.#waiters.add(waiter)
  }

  /** Takes out the one that has waited longest, which is to have a connection. There has to be one. */
  shift (): Waiter {
    const waiter = this.#waiters.values().next().value as Waiter
    this.#waiters.delete(waiter)
    return waiter
  }

  withdraw (waiter: Waiter): void {
    this.#waiters.delete(waiter)
    this.#onLeave()
  }

  /** Rejects a waiter, whether it is in the queue yet or not. */
  fail (waiter: Waiter, error: unknown): void {
    this.withdraw(waiter)
    // A function in the option `driver` may throw anything; like the driver's own, a query rejects with an Error.
    if (!(waiter instanceof Statement)) waiter.fail(error)
    else waiter.query.reject(error instanceof Error ? error : new Error(String(error)))
  }

  /**
   * Rejects those that asked at a time or before it.
   * @param time - in milliseconds of the clock
   * @param reason - returns each one's error
   */
  failUntil (time: number, reason: () => unknown): void {
    for (const waiter of this.#waiters) {
      if (waiter.askedAt > time) break
      this.fail(waiter, reason())
    }
  }
}
