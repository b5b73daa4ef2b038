import type { Socket } from 'node:net'
import { isStreamed } from '../query/driver.js'
import type { Statement } from '../query/statement.js'

/**
 * Whether a statement streams. Then its deadline is for the time without progress, since its consumer decides how long
 * it takes.
 */
export function isStreaming ({ stream, query }: Statement): boolean {
  return stream !== undefined || isStreamed(query)
}

/** Watches whether a connection makes progress: a stream by its bytes, other statements by their answer. */
export class Progress {
  #bytes = 0
  #at = -Infinity

  /** Milliseconds since the last progress that was seen; the caller looks now and then. */
  stalledMs (statement: Statement, { bytesRead, bytesWritten }: Socket, now: number): number {
    const streaming = isStreaming(statement)
    if (streaming && bytesRead + bytesWritten !== this.#bytes) this.#at = now
    this.#bytes = bytesRead + bytesWritten
    return now - (streaming ? Math.max(statement.beganAt, this.#at) : statement.beganAt)
  }
}
