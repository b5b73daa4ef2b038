import type { FastifyRequest } from 'fastify'
import { codeOf } from './error-code.js'

// Classes of SQLSTATEs whose messages contain at most names of the schema. Messages of other classes repeat values,
// such as "invalid input syntax", or parts of a query, such as "syntax error".
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const hasNoValues = /^(08|23|25|28|3D|3F|40|42(?!601)|53|54|55|57|58)/

interface LoggedError {
  type: string
  code?: string
  message: string
  stack: string
  [field: string]: unknown
}

/** Fields of PostgreSQL's errors that name something of the schema or the server, never a value. */
const named = ['severity', 'routine', 'schema_name', 'table_name', 'column_name', 'constraint_name'] as const

/** Describes an error for a log line: never with a query, a parameter, or a value of a row. */
export function describeError (error: unknown): LoggedError {
  if (!(error instanceof Error)) {
    return {
      type: error === null ? 'null' : typeof error,
      message: 'Something was thrown that is no Error',
      stack: ''
    }
  }
  const code = codeOf(error)
  const message = safeMessage(error)
  const fields = error as Error & Partial<Record<typeof named[number], string>>
  return {
    type: error.name,
    ...code !== undefined && { code },
    message,
    ...isPostgresError(error) &&
      Object.fromEntries(named.flatMap(name => fields[name] === undefined ? [] : [[name, fields[name]]])),
    stack: [
      `${error.name}: ${message}`,
      ...(error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
    ].join('\n'),
    ...error.cause !== undefined && { cause: describeError(error.cause) }
  }
}

/** Returns an error's message, or another in its place where it may repeat a value or a query. */
export function safeMessage (error: Error): string {
  if (!isPostgresError(error) || hasNoValues.test(codeOf(error) ?? '')) return error.message
  return `PostgreSQL refused with ${codeOf(error)}; what it says may hold values, so it is left out`
}

function isPostgresError (error: Error): boolean {
  return error.name === 'PostgresError'
}

/** Describes a request for a log line: without its headers, and without what follows the `?` of its URL. */
export function describeRequest ({ method, url, ip, socket }: FastifyRequest) {
  return { method, url: url.replace(/\?.*/s, ''), remoteAddress: ip, remotePort: socket?.remotePort ?? 0 }
}
