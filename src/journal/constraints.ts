import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { InvalidInput } from './errors.js'
import { timePattern } from './time.js'

// PostgreSQL's text holds neither NUL nor half of a surrogate pair.
export const textPattern = '^[^\\u0000\\ud800-\\udfff]*$'
// Go's zero time, which Alertmanager sends while an alert has no end.
export const zeroTime = '0001-01-01T00:00:00Z'
export const labelPattern = '^[^=\\u0000\\ud800-\\udfff]+=[^\\u0000\\ud800-\\udfff]*$'
export const idPattern = '^[1-9]\\d{0,18}$'
// Ajv converts the text 1e400 to Infinity and checks it no further, unless the schema makes it look at the type again.
export const finite = { allOf: [{ type: 'integer' }] }

const notATime = 'must be an RFC 3339 time between the years 1970 and 2999, such as 2026-01-31T12:00:00.123Z'
const notAnId = 'must be a whole number from 1 to 9223372036854775807'
const reasons: Record<string, string> = {
  [textPattern]: 'must not contain the character NUL or half of a surrogate pair',
  [timePattern]: notATime,
  'date-time': notATime,
  [labelPattern]: 'must have the form name=value, such as instance=web-1',
  [idPattern]: notAnId
}

/** An error of Ajv, which has the value and the schema around where Ajv is asked for them (`verbose`). */
type ValidationError = FastifySchemaValidationError & {
  data?: unknown
  parentSchema?: { type?: string, minimum?: number, maximum?: number }
}

/**
 * Returns the error for a request that does not fit its schema; its message names the field and says what is wrong with
 * it. It shows a number, and a text of the URL; never a text of the body, which may be secret.
 */
export function invalidInput (errors: FastifySchemaValidationError[], part: string): Error {
  const { instancePath, keyword, params, message = 'is not valid', data, parentSchema } = errors[0] as ValidationError
  const field = `${part}${instancePath}`
  const invalid = (why: string) => {
    const isShown = typeof data === 'number' || (typeof data === 'string' && part !== 'body')
    return new InvalidInput(field, isShown ? `${why}, but is ${shown(data)}` : why, `${field} ${why}`)
  }
  switch (keyword) {
    case 'additionalProperties':
      return new InvalidInput(
        `${field}/${String(params.additionalProperty).slice(0, 100)}`,
        'is not known here',
        `${field} has a name that is not known here`
      )
    case 'enum':
      return invalid(`must be one of ${(params.allowedValues as string[]).join(', ')}`)
  }
  if (parentSchema?.type === 'integer') return invalid(wholeNumber(parentSchema))
  return invalid(reasons[String(params.pattern ?? params.format)] ?? message)
}

function wholeNumber ({ minimum, maximum }: { minimum?: number, maximum?: number }): string {
  return `must be a whole number${minimum === undefined ? '' : ` from ${minimum} to ${maximum}`}`
}

/** Most characters of a text that are shown. */
const longestShown = 40

/** A value as an answer shows it, in JSON; of a text its beginning, with what a terminal would act on escaped. */
function shown (value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = value.length > longestShown ? `${value.slice(0, longestShown)}…` : value
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replace(/\p{C}/gu, character => character.split('').map(escaped).join(''))
}

/** Tells whether digits are a number that PostgreSQL's bigint, the type of ids, can hold. */
export function isId (text: string): boolean {
  return new RegExp(idPattern).test(text) && BigInt(text) < 2n ** 63n
}

/** Throws InvalidInput when digits are too large a number to be an id. */
export function assertId (text: string): void {
  if (!isId(text)) throw new InvalidInput('params/id', `${notAnId}, but is ${shown(text)}`, `params/id ${notAnId}`)
}

/** Throws InvalidInput when a range of time is empty, to the millisecond. */
export function assertRange ({ from, to }: { from?: string, to?: string }): void {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    const why = 'must be at least a millisecond before querystring/to'
    throw new InvalidInput(
      'querystring/from',
      `${why}, but they are ${shown(from)} and ${shown(to)}`,
      `querystring/from ${why}`
    )
  }
}
