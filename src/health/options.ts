import { Type, type Static } from '../schema.js'
import { longestMs, milliseconds, prefix } from '../plugin/schema.js'

/** The options of the plugin `health`. */
export const healthOptions = Type.Object({
  /** Milliseconds until a check counts as failed, where it does not say itself. */
  timeout: Type.Optional(Type.Number({
    exclusiveMinimum: 0,
    maximum: longestMs,
    unit: 'milliseconds',
    default: 2000,
    description: 'Milliseconds until a check counts as failed, where it does not say itself'
  })),
  /** Milliseconds for which an outcome is kept, where the check does not say itself. */
  keep: Type.Optional(milliseconds({
    default: 500,
    description: 'Milliseconds for which an outcome is kept and served again, where the check does not say itself'
  })),
  prefix
}, { additionalProperties: false })

export type HealthOptions = Static<typeof healthOptions>
