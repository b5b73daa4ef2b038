import { clock } from '../../clock.js'
import type { Connection } from '../connection/connection.js'

/** The longest time that a timer of Node.js has, in milliseconds. */
const longestMs = 2 ** 31 - 1

/** Closes connections that have been idle for too long or are too old, by a timer for the next of them. */
export class Housekeeping {
  readonly #idle: readonly Connection[]
  readonly #idleTimeoutMs: number
  #timer: NodeJS.Timeout | undefined

  /**
   * @param idle - the idle connections, which change
   * @param idleTimeoutSeconds - 0 is no limit
   */
  constructor (idle: readonly Connection[], idleTimeoutSeconds: number) {
    this.#idle = idle
    this.#idleTimeoutMs = idleTimeoutSeconds > 0 ? idleTimeoutSeconds * 1000 : Infinity
  }

  /** Whether its timer runs. */
  get isDue (): boolean {
    return this.#timer !== undefined
  }

  /** Sets the timer for the next connection to close, if there is one. */
  plan (): void {
    let due = Infinity
    for (const connection of this.#idle) due = Math.min(due, this.#dueAt(connection))
    if (due === Infinity) return
    this.#timer = setTimeout(() => { this.#look() }, Math.min(due - clock(), longestMs)).unref()
  }

  stop (): void {
    clearTimeout(this.#timer)
  }

  #look (): void {
    this.#timer = undefined
    const now = clock()
    for (const connection of [...this.#idle]) if (now >= this.#dueAt(connection)) connection.close()
    this.plan()
  }

  #dueAt ({ freeSince, expiresAt }: Connection): number {
    return Math.min(expiresAt, freeSince + this.#idleTimeoutMs)
  }
}
