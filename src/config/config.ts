import type { Naming } from '../metrics/naming/index.js'
import type { Static } from '../schema.js'
import { misspelt } from './misspelt.js'
import { secretNames } from './secret-files.js'
import { readVariable, type VariableSchema } from './variable.js'
import { variables } from './variables.js'

export type Config = Readonly<Static<typeof variables>>

/**
 * Reads the configuration from environment variables; an empty one counts as not set.
 * Throws an Error of a sentence for each variable that is wrong, which shows its value unless that is secret, or for
 * each two that contradict each other.
 */
export function loadConfig (environment: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const entries = Object.entries<VariableSchema>(variables.properties).map(([name, property]) => {
    const text = environment[name]
    try {
      return [name, text === undefined || text === '' ? property.default : readVariable(name, property, text)]
    } catch (error) {
      problems.push((error as Error).message)
      return [name, undefined]
    }
  })
  const config = Object.freeze(Object.fromEntries(entries)) as Config
  const wrong = problems.length > 0 ? problems : contradictions(config)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return config
}

function contradictions (config: Config): string[] {
  const {
    PORT,
    MANAGEMENT_PORT,
    SHUTDOWN_DRAIN_MS: drain,
    SHUTDOWN_TIMEOUT_MS: whole,
    STALL_MS: stall,
    LIVENESS_BLOCKED_MS: blocked
  } = config
  return [
    ...config.NODE_ENV === 'production' && config.DATABASE_URL === ''
      ? [
          'DATABASE_URL is not set, and with NODE_ENV=production the embedded database is refused: ' +
          'set DATABASE_URL to a PostgreSQL server, such as postgres://user:password@host:5432/database'
        ]
      : [],
    ...config.MANAGEMENT_APART && MANAGEMENT_PORT === 0
      ? [
          'MANAGEMENT_APART is true, but MANAGEMENT_PORT is 0, ' +
          'so that metrics would be served nowhere: set MANAGEMENT_PORT to a port, or MANAGEMENT_APART to false'
        ]
      : [],
    ...PORT !== 0 && PORT === MANAGEMENT_PORT && isShared(config.HOST, config.MANAGEMENT_HOST)
      ? [`PORT and MANAGEMENT_PORT are both ${PORT}: each needs a port of its own`]
      : [],
    ...drain >= whole
      ? [
        `SHUTDOWN_DRAIN_MS is ${drain}, but stopping may take ${whole} ms in all (SHUTDOWN_TIMEOUT_MS), ` +
        'so that no request would be finished: set one lower or the other higher'
        ]
      : [],
    ...stall > blocked
      ? [
        `STALL_MS is ${stall}, but LIVENESS_BLOCKED_MS ${blocked}: ` +
        'the service would be restarted before what blocks it is looked into, so set one lower or the other higher'
        ]
      : []
  ]
}

/** Whether two servers on these hosts would share a port. */
function isShared (host: string, other: string): boolean {
  return host === other || [host, other].some(each => each === '0.0.0.0' || each === '::')
}

/** Returns sentences about what seems wrong in the environment, but keeps nobody from starting. */
export function doubts (environment: Record<string, string | undefined>): string[] {
  const mode = environment['NODE_ENV'] ?? ''
  const meant = /^prod/i.test(mode) ? 'production' : /^dev/i.test(mode) ? 'development' : mode
  return [
    ...misspelt(environment, [...Object.keys(variables.properties), ...secretNames.map(name => `${name}_FILE`)]),
    ...meant === mode
      ? []
      : [`NODE_ENV is ${JSON.stringify(mode)}: did you mean ${meant}? Only production refuses the embedded database`]
  ]
}

/** Whether the service goes on where the management port is taken: it does when nobody asked for it. */
export function mayGoWithoutManagement (
  { MANAGEMENT_APART }: Config,
  environment: Record<string, string | undefined>
): boolean {
  return !MANAGEMENT_APART && !environment['MANAGEMENT_PORT']
}

/** The namings that `METRICS_NAMES` lists, each once. */
export function namingsOf ({ METRICS_NAMES }: Config): Naming[] {
  return [...new Set(METRICS_NAMES.split(',').map(name => name.trim() as Naming))]
}
