import { clock } from '../../clock.js'
import type { Result } from '../query/driver.js'
import { failedTransaction, idle, inTransaction } from './server-status.js'
import type { Statement } from '../query/statement.js'

export type TransactionOutcome = 'commit' | 'rollback' | 'lost'

/** Follows whether a transaction is open on a connection, by the status that the server gives after each statement. */
export class OpenTransaction {
  /** When it began, in milliseconds of the clock; undefined while none is open. */
  #beganAt: number | undefined
  readonly #onEnd: (outcome: TransactionOutcome, seconds: number) => void

  constructor (onEnd: (outcome: TransactionOutcome, seconds: number) => void) {
    this.#onEnd = onEnd
  }

  /**
   * Follows it past a statement.
   * @param status - the status that the server gave after the statement
   * @param value - the statement's result; undefined when it failed
   */
  follow (status: number, value: unknown, statement?: Statement): void {
    if (status === inTransaction || status === failedTransaction) {
      if (this.#beganAt === undefined) this.#beganAt = statement?.beganAt ?? clock()
    } else if (status === idle && this.#beganAt !== undefined) {
      const { command } = (Array.isArray(value) && !('command' in value)
        ? value.at(-1)
        : value ?? {}) as Partial<Result>
      // What happens to a prepared transaction later is not this connection's.
      this.end(command === 'COMMIT' || command === 'PREPARE TRANSACTION' ? 'commit' : 'rollback')
    }
  }

  /** Ends it; does nothing when none is open. */
  end (outcome: TransactionOutcome): void {
    if (this.#beganAt === undefined) return
    const seconds = (clock() - this.#beganAt) / 1000
    this.#beganAt = undefined
    this.#onEnd(outcome, seconds)
  }
}
