import type { Socket } from 'node:net'
import { isStreamed } from './driver.js'
import type { Statement } from './statement.js'

/** Whether a statement's deadline is time without progress, since its consumer takes part in how long it lasts. */
export function isStreaming ({ stream, query }: Statement): boolean {
  return stream !== undefined || isStreamed(query)
}

/** Whether what a connection executes gets on: a stream does while bytes come or go, all else with its answer. */
export class Progress {
  #bytes = 0
  #at = -Infinity

  /** Milliseconds since it last did, as far as looking at it now and then can tell. */
  stalledMs (statement: Statement, { bytesRead, bytesWritten }: Socket, now: number): number {
    const streaming = isStreaming(statement)
    if (streaming && bytesRead + bytesWritten !== this.#bytes) this.#at = now
    this.#bytes = bytesRead + bytesWritten
    return now - (streaming ? Math.max(statement.beganAt, this.#at) : statement.beganAt)
  }
}
