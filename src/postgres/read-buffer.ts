import type { OnReadOpts } from 'node:net'

/** As much as libuv reads at once. */
const most = 64 * 1024

/**
 * Returns options that have a socket read into one buffer again and again; each piece is copied before it is handed on.
 * A stream would make a buffer of 64 KiB for each piece, and emit events: 5 % of what a query costs.
 */
export function readInto (hear: (chunk: Buffer) => void): OnReadOpts {
  // One for each socket: on Windows the system writes into it while others are read.
  const buffer = Buffer.allocUnsafeSlow(most)
  return {
    buffer,
    callback (length) {
      const chunk = Buffer.allocUnsafe(length)
      buffer.copy(chunk, 0, 0, length)
      hear(chunk)
      return true
    }
  }
}
