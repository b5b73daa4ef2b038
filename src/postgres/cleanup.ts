import { failedTransaction, idle } from './server-status.js'
import type { Statement } from './statement.js'

/** What is known of the connection that is kept in order, and what it does for that. */
interface CleanedConnection {
  readonly isLost: boolean
  readonly isInTransaction: boolean
  /** What the server says of itself. */
  readonly status: number
  readonly owner: { readonly keepsTransactions: boolean } | undefined
  /** A request to cancel that its server has not taken yet. */
  readonly cancelling: Promise<void> | undefined
  /** Asks something that nobody else hears of. */
  ask: (text: string, parameters: Array<string | boolean>, done: Answered) => void
  /** Executes a statement as it is. */
  give: (statement: Statement) => void
  /** Lets the rest of an answer come that nobody reads. */
  drain: () => void
  /** Tells its owner that it is ready for the next statement. */
  ready: () => void
  lose: (error?: Error) => void
}

export type Answered = (failed: boolean, value: unknown) => void

const mostTries = 4

const ignore = () => {}

const turnOffTimeout =
  "select current_setting('statement_timeout') as before, set_config('statement_timeout', '0', $1::boolean)"
const setTimeoutAgain = "select set_config('statement_timeout', $1, $2::boolean)"

/** Keeps a connection in order: what one statement leaves behind is not the next one's. */
export class Cleanup {
  readonly #connection: CleanedConnection
  /** What is to be executed once the server's timeout is off. */
  next: Statement | undefined
  /** The server's `statement_timeout` before a stream, to be set again after it. */
  #timeoutBefore: string | undefined

  constructor (connection: CleanedConnection) {
    this.#connection = connection
  }

  /**
   * Executes a stream without the server's timeout, which would also count the time that a consumer takes; the pool
   * watches for progress instead.
   */
  withoutTimeout (statement: Statement): void {
    const connection = this.#connection
    this.next = statement
    connection.ask(turnOffTimeout, [connection.isInTransaction], (failed, value) => {
      this.next = undefined
      if (failed) statement.query.reject(value)
      else this.#timeoutBefore = (value as Array<{ before: string }>)[0]?.before
      if (!statement.settled) connection.give(statement)
      else this.cleanUp()
    })
  }

  /** Sees that the connection is in order, and has its owner told. One that cannot be brought there is lost. */
  cleanUp (tries = 1): void {
    const connection = this.#connection
    if (connection.isLost) return
    if (connection.cancelling !== undefined) {
      connection.cancelling.then(() => { this.cleanUp(tries) }, ignore)
      return
    }
    connection.drain()
    const [text, parameters] = this.#question()
    if (text === undefined) return connection.ready()
    connection.ask(text, parameters, (failed, value) => {
      if (!failed && parameters.length > 0) this.#timeoutBefore = undefined
      const isIdle = connection.status === idle
      const inOrder = isIdle || (connection.isInTransaction && connection.owner?.keepsTransactions === true)
      if (inOrder && !(failed && isIdle)) connection.ready()
      else if (tries < mostTries) this.cleanUp(tries + 1)
      else connection.lose(value instanceof Error ? value : undefined)
    })
  }

  /** What to ask next; no text when nothing needs to be. */
  #question (): [text: string | undefined, parameters: Array<string | boolean>] {
    const connection = this.#connection
    const before = this.#timeoutBefore
    if (connection.isInTransaction && connection.owner?.keepsTransactions !== true) return ['rollback', []]
    // Nothing but ROLLBACK can be asked in a transaction that has failed, and it sets all of this back.
    if (connection.status === failedTransaction) {
      this.#timeoutBefore = undefined
      return [undefined, []]
    }
    return before === undefined ? ['select', []] : [setTimeoutAgain, [before, connection.isInTransaction]]
  }
}
