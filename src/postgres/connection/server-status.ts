// https://www.postgresql.org/docs/current/protocol-message-formats.html: ReadyForQuery, whose last byte is the status.
const readyForQuery = 'Z'.charCodeAt(0)

/** The status that the server gives when it is ready for a query; `busy` until then. */
export const busy = 0
export const idle = 'I'.charCodeAt(0)
export const inTransaction = 'T'.charCodeAt(0)
export const failedTransaction = 'E'.charCodeAt(0)

/** The status at the end of a chunk of the server's answer; `busy` when the answer goes on. */
export function statusAfter (chunk: Buffer): number {
  const { length } = chunk
  // The message is recognized by its length of 5; bytes before it do not matter.
  const isReady = length >= 6 &&
    chunk[length - 6] === readyForQuery &&
    chunk[length - 2] === 5 &&
    chunk[length - 3] === 0
  return isReady ? chunk[length - 1] as number : busy
}
