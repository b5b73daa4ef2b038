import { failedTransaction, idle } from './server-status.js'
import type { Statement } from '../query/statement.js'

/** The connection that is cleaned up: what has to be known of it, and what it can do. */
interface CleanedConnection {
  readonly isInTransaction: boolean
  /** Whether a transaction is open that its owner does not keep. */
  readonly isStray: boolean
  /** The status that the server gave in its last ReadyForQuery. */
  readonly status: number
  /** Settled once the server has taken a request to cancel; undefined when none was sent. */
  readonly cancelling: Promise<void> | undefined
  /** Executes a statement of our own, which is neither measured nor logged. */
  ask: (text: string, parameters: Array<string | boolean>, done: Answered) => void
  /** Executes a query's statement. */
  give: (statement: Statement) => void
  /** Reads and drops what is left of a COPY that nobody reads any more. */
  drain: () => void
  /** Tells the connection's owner that it is ready for the next statement. */
  ready: () => void
  lose: (error?: Error) => void
}

export type Answered = (failed: boolean, value: unknown) => void

const mostTries = 4

const ignore = () => {}

const turnOffTimeout =
  "select current_setting('statement_timeout') as before, set_config('statement_timeout', '0', $1::boolean)"
const setTimeoutAgain = "select set_config('statement_timeout', $1, $2::boolean)"

/**
 * Cleans a connection up between two statements, so that the second finds nothing that the first has left behind: no
 * open transaction, no changed timeout, no answer that was not read.
 */
export class Cleanup {
  readonly #connection: CleanedConnection
  /** The stream that waits until the server's timeout is off. */
  next: Statement | undefined
  /** The server's `statement_timeout` before a stream, to be set again after it. */
  #timeoutBefore: string | undefined

  constructor (connection: CleanedConnection) {
    this.#connection = connection
  }

  /**
   * Turns the server's timeout off, then executes a stream: the timeout would also count the time that the stream's
   * consumer takes. The pool watches for progress instead.
   */
  withoutTimeout (statement: Statement): void {
    const connection = this.#connection
    this.next = statement
    connection.ask(turnOffTimeout, [connection.isInTransaction], (failed, value) => {
      this.next = undefined
      if (failed) statement.query.reject(value)
      else this.#timeoutBefore = (value as [{ before: string }])[0].before
      if (!statement.settled) connection.give(statement)
      else this.cleanUp()
    })
  }

  /**
   * Asks the server what is needed to clean the connection up, tries that some times, and then tells the owner that the
   * connection is ready. When it cannot be cleaned up it is closed as lost.
   */
  cleanUp (tries = 1): void {
    const connection = this.#connection
    if (connection.cancelling !== undefined) {
      connection.cancelling.then(() => { this.cleanUp(tries) }, ignore)
      return
    }
    connection.drain()
    const [text, parameters] = this.#question()
    if (text === undefined) return connection.ready()
    connection.ask(text, parameters, (failed, value) => {
      if (!failed) this.#timeoutBefore = undefined
      const isIdle = connection.status === idle
      const inOrder = isIdle ? !failed : connection.isInTransaction && !connection.isStray
      if (inOrder) connection.ready()
      else if (tries < mostTries) this.cleanUp(tries + 1)
      else connection.lose(value instanceof Error ? value : undefined)
    })
  }

  /** The next statement of the cleanup; without a text when nothing is left to do. */
  #question (): [text: string | undefined, parameters: Array<string | boolean>] {
    const connection = this.#connection
    const before = this.#timeoutBefore
    if (connection.isStray) return ['rollback', []]
    // In a transaction that has failed, only ROLLBACK is executed; it also undoes what was set there.
    if (connection.status === failedTransaction) {
      this.#timeoutBefore = undefined
      return [undefined, []]
    }
    return before === undefined ? ['select', []] : [setTimeoutAgain, [before, connection.isInTransaction]]
  }
}
