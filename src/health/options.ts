import { Type, type Static } from '../schema.js'
import { milliseconds, prefix } from '../plugin/schema.js'

/** The options of the plugin `health`. */
export const healthOptions = Type.Object({
  /** Milliseconds until a check counts as failed, where it does not say itself. */
  timeout: milliseconds(
    2000,
    'Milliseconds until a check counts as failed, where it does not say itself',
    { exclusiveMinimum: 0 }
  ),
  /** Milliseconds for which an outcome is kept, where the check does not say itself. */
  keep: milliseconds(
    500,
    'Milliseconds for which an outcome is kept and served again, where the check does not say itself'
  ),
  prefix
}, { additionalProperties: false })

export type HealthOptions = Static<typeof healthOptions>
