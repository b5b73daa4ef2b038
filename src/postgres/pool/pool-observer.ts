import type { TransactionOutcome } from '../connection/open-transaction.js'
import type { StatementObserver } from '../query/statement.js'

export interface PoolNumbers {
  readonly max: number
  readonly idle: number
  readonly used: number
  readonly connecting: number
  /** Queries, transactions and reservations that wait for a connection. */
  readonly waiting: number
}

/** Observes a pool: its statements, transactions and connections. */
export interface PoolObserver extends StatementObserver {
  transaction: (outcome: TransactionOutcome, seconds: number) => void
  opened: (seconds: number) => void
  closed: () => void
  connectionError: (error: unknown) => void
  /** Called when one of the pool's numbers has changed. */
  changed: (numbers: PoolNumbers) => void
}
