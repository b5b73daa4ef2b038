import { Type, type TSchemaOptions } from '../schema.js'

/** What a schema of options may say beside JSON Schema. */
export interface Told extends TSchemaOptions {
  /** What the option does, for its documentation. */
  description?: string
  default?: unknown
  /** What is allowed, in words, where the schema alone does not tell it well: "must be …". */
  allowed?: string
  /** Whether its value must not be shown. */
  secret?: boolean
}

/** The longest time that a timer of Node.js has, in milliseconds; a longer one ends at once. */
export const longestMs = 2 ** 31 - 1

interface Least { minimum?: number, exclusiveMinimum?: number }

/** An option that is a number of some unit, from 0 on when not told otherwise. */
const amount = (unit: string, maximum: number) => (value: number, description: string, least: Least = { minimum: 0 }) =>
  Type.Optional(Type.Number({ ...least, ...maximum < Infinity && { maximum }, unit, default: value, description }))

export const milliseconds = amount('milliseconds', longestMs)
export const seconds = amount('seconds', Math.floor(longestMs / 1000))
export const bytes = amount('bytes', Infinity)

/** An option that is a function. */
export const fn = <T> (told: Told) => Type.Unsafe<T>({ is: 'function', ...told })
/** An option that is a regular expression. */
export const regExp = (told: Told = {}) => Type.Unsafe<RegExp>({ is: 'RegExp', ...told })
/** An object of any shape, which somebody else checks. */
export const anyObject = <T> (told: Told) => Type.Unsafe<T>({ type: 'object', ...told })

/** A path of a URL. */
export const path = (told: Told) =>
  Type.String({ pattern: '^/[^?#]*$', allowed: 'a path that begins with /, without ? and #', ...told })

/** What Fastify does with a prefix for routes, which it leaves to plugins that are not encapsulated. */
export const prefix = Type.Optional(Type.String({
  pattern: '^(/[^?#]*)?$',
  allowed: 'a path that begins with /, without ? and #',
  default: '',
  description: "Prefix of the plugin's routes, as that of any plugin"
}))
