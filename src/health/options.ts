import { Type, type Static } from '../schema.js'
import { longestMs, milliseconds, prefix } from '../plugin/schema.js'

export type Probe = 'health' | 'ready'

/** The options of the plugin `health`. */
export const healthOptions = Type.Object({
  /** Milliseconds until a check counts as failed, where it does not say itself. @default 2000 */
  timeout: milliseconds(
    2000,
    'Milliseconds until a check counts as failed, where it does not say itself',
    { exclusiveMinimum: 0 }
  ),
  /** Milliseconds for which an outcome is kept, where the check does not say itself. @default 500 */
  keep: milliseconds(
    500,
    'Milliseconds for which an outcome is kept and served again, where the check does not say itself'
  ),
  /** Prefix of the plugin's routes, as that of any plugin. @default '' */
  prefix
}, { additionalProperties: false })

export type HealthOptions = Static<typeof healthOptions>

/** The options of one check. */
export const healthCheckOptions = Type.Object({
  /** Milliseconds until the check counts as failed; that of the plugin when not given. */
  timeout: Type.Optional(Type.Number({
    exclusiveMinimum: 0,
    maximum: longestMs,
    unit: 'milliseconds',
    description: 'Milliseconds until the check counts as failed; that of the plugin when not given'
  })),
  /** Milliseconds for which an outcome is kept and served again; that of the plugin when not given. */
  keep: Type.Optional(Type.Number({
    minimum: 0,
    maximum: longestMs,
    unit: 'milliseconds',
    description: 'Milliseconds for which an outcome is kept and served again; that of the plugin when not given'
  })),
  /** Whether its failure makes the whole unhealthy and not ready. @default false */
  critical: Type.Optional(Type.Boolean({
    default: false,
    description: 'Whether its failure makes the whole unhealthy and not ready, with 503; ' +
      'else it is shown in `/health` and counted, and both answer 200'
  })),
  /** Readiness' reason when it fails, unless the error has one; the name with `_failing` when not given. */
  reason: Type.Optional(Type.String({
    minLength: 1,
    description: 'What readiness gives for its reason when it fails, unless the error has one; ' +
      'the name with `_failing` when not given'
  })),
  /** The answers that it takes part in. @default ['health','ready'] */
  on: Type.Optional(Type.Unsafe<readonly Probe[]>(Type.Array(Type.Enum(['health', 'ready']), {
    minItems: 1,
    uniqueItems: true,
    allowed: "a list of 'health', 'ready' or both",
    default: ['health', 'ready'],
    description: 'The answers that it takes part in'
  })))
}, { additionalProperties: false })

export type CheckOptions = Static<typeof healthCheckOptions>
