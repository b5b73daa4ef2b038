import { laneKey, type Backend, type Connection, type Handler } from './driver.js'
import type { Pool } from './pool.js'

/** No session has this pid, so that the next one is seen to be new. */
const noSession = -1

/** What is kept of one connection: its queries end one after another here. */
export class Lane {
  readonly backend: Backend
  pool: Pool | undefined
  /** The session that it had when last looked at. */
  pid: number | null = noSession
  /** The session before. */
  #lastPid: number | null = noSession
  #lastSecret: number | null | undefined
  /** When the last query ended here, in milliseconds. */
  freeAt = 0
  /** When the transaction under way began, in milliseconds; 0 when there is none. */
  transactionAt = 0
  /** When the driver set out to open it anew, in milliseconds; 0 when that was not seen. */
  connectAt = 0
  /** Whether a query here was told that the connection is lost. */
  failing = false
  connection: Connection | undefined
  /** The last query's, by which those are found that wait for a transaction's turn. */
  handler: Handler | undefined
  /** What the driver asked by itself before the lane's pool was known. */
  early: Array<(pool: Pool) => void> = []

  constructor (backend: Backend) {
    this.backend = backend
  }

  get isOpen (): boolean {
    return this.pid !== noSession
  }

  /** Whether it is closed and has no new session yet. What still fails here was asked of the old one. */
  get isLeftBehind (): boolean {
    return !this.isOpen && this.backend.pid === this.#lastPid && this.backend.secret === this.#lastSecret
  }

  close (): void {
    this.#lastPid = this.pid
    this.#lastSecret = this.backend.secret
    this.pid = noSession
    this.failing = false
  }
}

/** The lane of a backend, made when new. */
export function laneOf (backend: Backend): Lane {
  let lane = backend[laneKey]
  if (lane === undefined) {
    lane = new Lane(backend)
    // Hidden, because the driver shows the backend as the `state` of results.
    Object.defineProperty(backend, laneKey, { value: lane })
  }
  return lane
}
