import postgres from 'postgres'

// https://www.postgresql.org/docs/current/protocol-message-formats.html, and its fields of ErrorResponse
const errorResponse = 'E'.charCodeAt(0)
const readyForQuery = 'Z'.charCodeAt(0)
const fields: Record<string, string> = {
  S: 'severity_local', V: 'severity', C: 'code', M: 'message', D: 'detail', H: 'hint', R: 'routine'
}

/**
 * Reads the server's answers while the driver logs in and then asks for the array types, between the first
 * ReadyForQuery and the second. The driver neither catches nor tells an error there: it would end the process as an
 * unhandled rejection.
 */
export class RefusedTypes {
  #rest: Buffer = Buffer.alloc(0)
  #answers = 0

  /** Whether the login is over. */
  get isDone (): boolean {
    return this.#answers > 1
  }

  /** Returns the server's error if a chunk of its answer has one that concerns the array types; undefined otherwise. */
  read (chunk: Buffer): Error | undefined {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (rest.length > 4 && rest.length > rest.readUInt32BE(1)) {
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
