import type { OnReadOpts } from 'node:net'

/** Bytes that libuv reads at once. */
const most = 64 * 1024

/**
 * Returns socket options for reading into one buffer that is used again and again; each piece is copied out of it.
 * Reading as a stream allocates 64 KiB for each piece and emits events, which is 5 % of a query's cost.
 */
export function readInto (hear: (chunk: Buffer) => void): OnReadOpts {
  // One buffer for each socket: on Windows the system writes into it while other sockets are read.
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
