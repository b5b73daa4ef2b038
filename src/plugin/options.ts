import { closest } from './suggest.js'
import { allowed, shown, type OptionSchema } from './words.js'

/** Options of similar plugins that are not supported, by name (`driver.max` is nested), with what to use instead. */
export type UnsupportedOptions = Readonly<Record<string, string>>

/** What tools hand to every plugin alike: @fastify/autoload a folder's prefix, fastify-cli's test helper the other. */
const handedToAll = ['prefix', 'skipOverride']

/** Checks the options that a plugin was registered with as `checkOptions` does, but for what tools hand to all. */
export function checkPluginOptions (
  plugin: string,
  schema: object,
  options: unknown,
  unsupported: UnsupportedOptions = {}
): void {
  check({ plugin, unsupported, ignored: handedToAll }, schema, options)
}

/**
 * Checks options. Throws a TypeError with a sentence for each that is wrong: its name, its value unless that is secret,
 * and what is allowed; or, if there is none of the name, which one was meant.
 * @param owner - what has them, for the sentences
 */
export function checkOptions (owner: string, schema: object, options: unknown): void {
  check({ plugin: owner, unsupported: {}, ignored: [] }, schema, options)
}

function check (context: Context, schema: object, options: unknown): void {
  const problems = problemsOf(context, schema as OptionSchema, options, '')
  if (problems.length > 0) throw new TypeError(problems.join('\n'))
}

interface Context {
  readonly plugin: string
  readonly unsupported: UnsupportedOptions
  /** Names that options may have though there are none of them. */
  readonly ignored: readonly string[]
}

function problemsOf (context: Context, schema: OptionSchema, value: unknown, path: string): string[] {
  if (schema.properties !== undefined && isObject(value)) return problemsWithin(context, schema, value, path)
  if (accepts(schema, value)) return []
  const branch = schema.anyOf?.find(each => Array.isArray(value)
    ? each.items !== undefined
    : isObject(value) && isShaped(each))
  if (branch !== undefined && branch.allowed === undefined) return problemsOf(context, branch, value, path)
  const again = repeated(schema, value)
  if (again !== undefined) {
    return [`The option ${path} of ${context.plugin} has ${shown(again)} more than once: give it once`]
  }
  if (schema.items !== undefined && Array.isArray(value) && value.length >= (schema.minItems ?? 0)) {
    return value.flatMap((each, index) => problemsOf(context, schema.items as OptionSchema, each, `${path}[${index}]`))
  }
  const valueSchema = valuesOf(schema)
  if (valueSchema !== undefined && isObject(value)) {
    return Object.entries(value).flatMap(([name, each]) => problemsOf(context, valueSchema, each, `${path}.${name}`))
  }
  if (path === '') return [`The options of ${context.plugin} are ${shown(value)}, but must be ${allowed(schema)}`]
  const option = `The option ${path} of ${context.plugin}`
  if (value === undefined) return [`${option} must be ${allowed(schema)}, and is missing`]
  if (isSecret(schema, value)) return [`${option} must be ${allowed(schema)}`]
  return [`${option} is ${shown(value)}, but must be ${allowed(schema)}${suggestion(schema, value)}`]
}

/** Returns the first item that a list has again and must not. */
function repeated ({ uniqueItems = false }: OptionSchema, value: unknown): unknown {
  return uniqueItems && Array.isArray(value) ? value.find((each, place) => value.indexOf(each) < place) : undefined
}

/** Suggests the word that was meant, where a message does not list all that are allowed. */
function suggestion ({ enum: words = [], allowed }: OptionSchema, value: unknown): string {
  const meant = typeof value === 'string' && allowed !== undefined ? closest(value, words as string[]) : undefined
  return meant === undefined ? '' : `: did you mean ${meant}?`
}

function problemsWithin (
  context: Context,
  schema: OptionSchema,
  value: Record<string, unknown>,
  path: string
): string[] {
  const { properties = {}, required = [], additionalProperties, open = false, unsupported = {} } = schema
  const at = (name: string) => path === '' ? name : `${path}.${name}`
  const names = Object.keys(properties)
  const isMeant = (name: string) => unsupported[name] !== undefined || closest(name, names) !== undefined
  const isIgnored = (name: string) => path === '' && context.ignored.includes(name)
  const unknown = additionalProperties === false || open
    ? Object.keys(value)
      .filter(name => !Object.hasOwn(properties, name) && !isIgnored(name) && (!open || isMeant(name)))
    : []
  const missing = required.filter(name => value[name] === undefined)
  return [
    ...unknown.map(name => refusal(context, at(name), name, names, unsupported[name])),
    ...missing.flatMap(name => problemsOf(context, properties[name] as OptionSchema, undefined, at(name))),
    ...Object.entries(properties)
      .filter(([name]) => value[name] !== undefined)
      .flatMap(([name, each]) => problemsOf(context, each, value[name], at(name)))
  ]
}

function refusal (
  { plugin, unsupported }: Context,
  path: string,
  name: string,
  names: string[],
  instead = unsupported[path]
): string {
  if (instead !== undefined) return `${plugin} has no option ${path}: ${instead}`
  const meant = closest(name, names)
  const advice = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`
  return `${plugin} has no option ${path}: ${advice}`
}

function isSecret ({ secret = false }: OptionSchema, value: unknown): boolean {
  return typeof secret === 'function' ? secret(value) : secret
}

function accepts (schema: OptionSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some(each => accepts(each, value))
  if (schema.enum !== undefined) return schema.enum.includes(value)
  if ('const' in schema) return value === schema.const
  switch (schema.is ?? schema.type) {
    case 'integer': return Number.isInteger(value) && isWithin(schema, value as number)
    case 'number': return typeof value === 'number' && Number.isFinite(value) && isWithin(schema, value)
    case 'string': return typeof value === 'string' &&
      value.length >= (schema.minLength ?? 0) &&
      new RegExp(schema.pattern ?? '').test(value)
    case 'boolean': return typeof value === 'boolean'
    case 'array': return Array.isArray(value) &&
      value.length >= (schema.minItems ?? 0) &&
      repeated(schema, value) === undefined &&
      value.every(each => accepts(schema.items ?? {}, each))
    case 'null': return value === null
    // Functions may have properties, too.
    case 'function': return typeof value === 'function' && acceptsWithin(schema, { ...value })
    case 'Uint8Array': return value instanceof Uint8Array
    case 'RegExp': return value instanceof RegExp
    case 'object': return isObject(value) && acceptsWithin(schema, value)
    default: return true
  }
}

function acceptsWithin (schema: OptionSchema, value: Record<string, unknown>): boolean {
  const valueSchema = valuesOf(schema)
  return problemsWithin({ plugin: '', unsupported: {}, ignored: [] }, schema, value, '').length === 0 &&
    (valueSchema === undefined || Object.values(value).every(each => accepts(valueSchema, each)))
}

/** Returns the schema of the values of an object that may have any names; undefined for other objects. */
function valuesOf ({ patternProperties, additionalProperties }: OptionSchema): OptionSchema | undefined {
  if (typeof additionalProperties === 'object') return additionalProperties
  return Object.values(patternProperties ?? {})[0]
}

function isShaped (schema: OptionSchema): boolean {
  return schema.properties !== undefined || valuesOf(schema) !== undefined
}

function isWithin (
  { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity }: OptionSchema,
  value: number
): boolean {
  return value >= minimum && value > exclusiveMinimum && value <= maximum
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
