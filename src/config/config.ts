import type { Naming } from '../metrics/naming/index.js'
import { contradictions } from './contradictions.js'
import { fitDefaults } from './fit-defaults.js'
import { misspelt } from './misspelt.js'
import { secretNames } from './secret-files.js'
import { readVariable, type VariableSchema } from './variable.js'
import { variables, type Config } from './variables.js'

export type { Config } from './variables.js'

/**
 * Reads the configuration from environment variables; an empty one counts as not set. One that is not set has its
 * default, lowered where those that are set leave less room.
 * Throws an Error with a sentence for each variable that is wrong, with its value unless that is secret; where none is,
 * with one for those that contradict each other.
 */
export function loadConfig (environment: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const textOf = (name: string) => environment[name] ?? ''
  const entries = Object.entries<VariableSchema>(variables.properties).map(([name, property]) => {
    const text = textOf(name)
    try {
      return [name, text === '' ? property.default : readVariable(name, property, text)]
    } catch (error) {
      problems.push((error as Error).message)
      return [name, undefined]
    }
  })
  const config = Object.freeze(fitDefaults(Object.fromEntries(entries) as Config, name => textOf(name) !== ''))
  const wrong = problems.length > 0 ? problems : contradictions(config)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return config
}

/** Returns a sentence for each thing in the environment that looks like a mistake, but that one can start with. */
export function environmentWarnings (environment: Record<string, string | undefined>): string[] {
  const mode = environment['NODE_ENV'] ?? ''
  const meant = /^prod/i.test(mode) ? 'production' : /^dev/i.test(mode) ? 'development' : mode
  return [
    ...misspelt(environment, [...Object.keys(variables.properties), ...secretNames.map(name => `${name}_FILE`)]),
    ...wouldHaveTls(environment)
      ? ['PGSSLMODE is not read: set DATABASE_TLS to verify-full or require, or sslmode in DATABASE_URL']
      : [],
    ...meant === mode
      ? []
      : [`NODE_ENV is ${JSON.stringify(mode)}: did you mean ${meant}? Only production refuses the embedded database`]
  ]
}

/** Tells whether programs of libpq would ask for TLS where the service does not. */
function wouldHaveTls ({ PGSSLMODE: mode = '', DATABASE_URL: url = '', DATABASE_TLS: tls = '' }: NodeJS.Dict<string>) {
  return /^(require|verify-ca|verify-full)$/.test(mode) && url !== '' && tls === '' && !/[?&]ssl/.test(url)
}

/** Tells whether the service may start although the management port is taken: only when nobody asked for that port. */
export function mayGoWithoutManagement (
  { MANAGEMENT_APART }: Config,
  environment: Record<string, string | undefined>
): boolean {
  return !MANAGEMENT_APART && !environment['MANAGEMENT_PORT']
}

/** Returns the namings that `METRICS_NAMES` lists, each once. */
export function namingsOf ({ METRICS_NAMES }: Config): Naming[] {
  return [...new Set(METRICS_NAMES.split(',').map(name => name.trim() as Naming))]
}
