// https://www.postgresql.org/docs/current/protocol-message-formats.html: ReadyForQuery, whose last byte is the status.
const readyForQuery = 'Z'.charCodeAt(0)

/** What the server says of itself when it is ready; `busy` until it has said so. */
export const busy = 0
export const idle = 'I'.charCodeAt(0)
export const inTransaction = 'T'.charCodeAt(0)
export const failedTransaction = 'E'.charCodeAt(0)

/** The status that a piece of what the server said ends with. */
export function statusAfter (chunk: Buffer): number {
  const { length } = chunk
  // Its length is 5, and what precedes it in the same bytes does not matter.
  const isReady = length >= 6 &&
    chunk[length - 6] === readyForQuery &&
    chunk[length - 2] === 5 &&
    chunk[length - 3] === 0
  return isReady ? chunk[length - 1] as number : busy
}
