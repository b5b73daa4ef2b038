/** The schema of an environment variable: JSON Schema, with a few keywords of our own. */
export interface VariableSchema {
  type?: string
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  default?: unknown
  description?: string
  /** What the value must be, in words, where the schema alone does not say it well: "must …". */
  must?: string
  /** Tells whether a text is right, where the schema alone cannot. */
  accepts?: (text: string) => boolean
  /** Whether messages must not show the value. */
  secret?: boolean
}

/**
 * Converts the text of a variable to the type that its schema says. Throws an Error with a sentence that names the
 * variable, and shows its value unless that is secret.
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
