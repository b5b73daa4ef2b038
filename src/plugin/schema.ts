import { Type, type TSchemaOptions } from '../schema.js'

/** Keywords that the schema of an option may have beside those of JSON Schema. */
export interface OptionKeywords extends TSchemaOptions {
  /** What the option does, for its documentation. */
  description?: string
  default?: unknown
  /** What is allowed, in words, where the schema alone does not say it well: "must be …". */
  allowed?: string
  /** Whether messages must not show its value, or which values. */
  secret?: boolean | ((value: unknown) => boolean)
}

/** Milliseconds: the longest timer that Node.js has. A longer one fires at once. */
export const longestMs = 2 ** 31 - 1

interface Least { minimum?: number, exclusiveMinimum?: number }

/** Makes the schema of an option that is a number in some unit, 0 or more unless `least` says otherwise. */
const amount = (unit: string, maximum: number) => (value: number, description: string, least: Least = { minimum: 0 }) =>
  Type.Optional(Type.Number({ ...least, ...maximum < Infinity && { maximum }, unit, default: value, description }))

export const milliseconds = amount('milliseconds', longestMs)
export const seconds = amount('seconds', Math.floor(longestMs / 1000))
export const bytes = amount('bytes', Infinity)

/** An option that is a function. */
export const fn = <T> (keywords: OptionKeywords) => Type.Unsafe<T>({ is: 'function', ...keywords })
/** An option that is a regular expression. */
export const regExp = (keywords: OptionKeywords = {}) => Type.Unsafe<RegExp>({ is: 'RegExp', ...keywords })
/** An option that is an object of any shape, which whoever uses it checks. */
export const anyObject = <T> (keywords: OptionKeywords) => Type.Unsafe<T>({ type: 'object', ...keywords })

/** A path of a URL. */
export const path = (keywords: OptionKeywords) =>
  Type.String({ pattern: '^/[^?#]*$', allowed: 'a path that begins with /, without ? and #', ...keywords })

/** The option `prefix`. Fastify leaves it to plugins that are not encapsulated to prefix their routes. */
export const prefix = Type.Optional(Type.String({
  pattern: '^(/[^?#]*)?$',
  allowed: 'a path that begins with /, without ? and #',
  default: '',
  description: "Prefix of the plugin's routes, as that of any plugin"
}))
