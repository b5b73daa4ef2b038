import { inspect } from 'node:util'

/** The keywords of JSON Schema, and our own, that options are described with. */
export interface OptionSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly items?: OptionSchema
  readonly anyOf?: readonly OptionSchema[]
  readonly properties?: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | OptionSchema
  readonly patternProperties?: Readonly<Record<string, OptionSchema>>
  /** Whether unknown names are accepted, because others read them. */
  readonly open?: boolean
  /** Names that are not supported, with what to use instead. */
  readonly unsupported?: Readonly<Record<string, string>>
  readonly is?: 'function' | 'RegExp' | 'Uint8Array'
  readonly unit?: string
  readonly allowed?: string
  readonly secret?: boolean | ((value: unknown) => boolean)
  readonly description?: string
  readonly default?: unknown
}

const longest = 100

/** Lines of an error's stack, or in place of those that its cause has, too, up to what closes or follows the error. */
const stack = /\n +(?:at |\.\.\. \d+ lines matching cause).*?(?=(?: \{)?,?$)/gm

/** Returns a value as messages show it, in one line, at most 100 characters of it. */
export function shown (value: unknown): string {
  const text = typeof value === 'function'
    ? 'a function'
    : inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: longest })
      .replace(stack, '')
      .replace(/\s*\n\s*/g, ' ')
  return text.length <= longest ? text : `${text.slice(0, longest)}…`
}

/** Returns in words what a schema allows, to follow "must be". */
export function allowed (schema: OptionSchema): string {
  if (schema.allowed !== undefined) return schema.allowed
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(allowed))].join(', or ')
  if (schema.enum !== undefined) return `one of ${schema.enum.map(each => shown(each)).join(', ')}`
  if ('const' in schema) return shown(schema.const)
  switch (schema.is ?? schema.type) {
    case 'integer': return `a whole number${range(schema)}`
    case 'number': return `a number${range(schema)}`
    case 'string': return (schema.minLength ?? 0) > 0 ? 'a string that is not empty' : 'a string'
    case 'boolean': return 'true or false'
    case 'array': return `a list${schema.items === undefined ? '' : `, each ${allowed(schema.items)}`}`
    case 'null': return 'null'
    case 'function': return 'a function'
    case 'RegExp': return 'a regular expression'
    case 'Uint8Array': return 'a Buffer'
    default: return 'an object'
  }
}

function range ({ minimum, exclusiveMinimum, maximum, unit }: OptionSchema): string {
  const of = unit === undefined ? '' : ` of ${unit}`
  if (exclusiveMinimum !== undefined) {
    return `${of}, above ${exclusiveMinimum}${maximum === undefined ? '' : ` and at most ${maximum}`}`
  }
  if (minimum === undefined) return maximum === undefined ? of : `${of}, at most ${maximum}`
  return maximum === undefined ? `${of}, ${minimum} or more` : `${of}, from ${minimum} to ${maximum}`
}
