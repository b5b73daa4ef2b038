/** What an environment variable may be, as JSON Schema says it, and a little more. */
export interface VariableSchema {
  type?: string
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  default?: unknown
  description?: string
  /** What it must be, in words, where the rest of the schema does not say it well: "must …". */
  must?: string
  /** Whether a text is one, where the rest of the schema does not tell. */
  accepts?: (text: string) => boolean
  /** Whether its value must not be shown. */
  secret?: boolean
}

/**
 * Reads the text of a variable as its type. Throws an Error with a sentence that names it, with its value unless that
 * is secret.
 */
export function readVariable (name: string, schema: VariableSchema, text: string): unknown {
  const value = valueOf(schema, text)
  if (value !== undefined) return value
  const shown = schema.secret ? ' (its value is not shown here)' : `, not ${JSON.stringify(text)}`
  throw new Error(`${name} must ${schema.must ?? mustOf(schema)}${shown}. It is: ${schema.description}`)
}

function valueOf (schema: VariableSchema, text: string): unknown {
  if (schema.enum !== undefined) return schema.enum.includes(text) ? text : undefined
  switch (schema.type) {
    case 'boolean': return { true: true, false: false }[text]
    case 'integer': return /^-?\d+$/.test(text) ? within(schema, Number(text)) : undefined
    case 'number': return /^-?\d+(\.\d+)?$/.test(text) ? within(schema, Number(text)) : undefined
    default: return isTextOf(schema, text) ? text : undefined
  }
}

function isTextOf ({ minLength = 0, pattern = '', accepts = () => true }: VariableSchema, text: string): boolean {
  return text.length >= minLength && new RegExp(pattern).test(text) && accepts(text)
}

function within ({ minimum = -Infinity, maximum = Infinity }: VariableSchema, value: number): number | undefined {
  return value >= minimum && value <= maximum ? value : undefined
}

function mustOf (schema: VariableSchema): string {
  if (schema.enum !== undefined) return `be one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'boolean': return 'be true or false'
    case 'integer': return `be a whole number from ${schema.minimum} to ${schema.maximum}`
    case 'number': return `be a number from ${schema.minimum} to ${schema.maximum}`
    default: return 'not be empty'
  }
}
