import postgres from 'postgres'

// https://www.postgresql.org/docs/current/protocol-message-formats.html, and its fields of ErrorResponse
const errorResponse = 'E'.charCodeAt(0)
const readyForQuery = 'Z'.charCodeAt(0)
const fields: Record<string, string> = {
  S: 'severity_local', V: 'severity', C: 'code', M: 'message', D: 'detail', H: 'hint', R: 'routine'
}

/**
 * Reads along while the driver logs in and asks for the array types, which it does between the first ReadyForQuery and
 * the second. An error there it would neither catch nor tell of: the process would end with an unhandled rejection.
 */
export class RefusedTypes {
  #rest: Buffer = Buffer.alloc(0)
  #answers = 0

  /** Whether nothing more is to be read. */
  get isDone (): boolean {
    return this.#answers > 1
  }

  /** Returns the error that a piece of what the server said contains, if it is the answer to the question for types. */
  read (chunk: Buffer): Error | undefined {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (!this.isDone && rest.length > 4 && rest.length > rest.readUInt32BE(1)) {
      const length = 1 + rest.readUInt32BE(1)
      if (rest[0] === readyForQuery) this.#answers++
      if (rest[0] === errorResponse && this.#answers === 1) return errorOf(rest.subarray(5, length))
      rest = rest.subarray(length)
    }
    this.#rest = rest
    return undefined
  }
}

function errorOf (body: Buffer): Error {
  const told = body.toString('utf8').split('\0').filter(Boolean).flatMap(field => {
    const name = fields[field.charAt(0)]
    return name === undefined ? [] : [[name, field.slice(1)]]
  })
  const PostgresError = postgres.PostgresError as unknown as new (told: object) => Error
  return new PostgresError(Object.fromEntries(told))
}
