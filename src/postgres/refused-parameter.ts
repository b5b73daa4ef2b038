import { codeOf } from '../error-code.js'
import { insufficientPrivilege } from './errors.js'

// https://www.postgresql.org/docs/current/errcodes-appendix.html: undefined_object, invalid_parameter_value,
// cant_change_runtime_param. They are of the login only where they end the session.
const refusals = new Set(['42704', '22023', '55P02'])
const protocolViolation = '08P01'

/**
 * The name of the parameter over which a server, or a pooler, refused the login; undefined of any other error. Both
 * take the parameters of a database URL that the client does not know for settings of the session.
 */
export function refusedParameter (error: unknown): string | undefined {
  const { severity, routine = '', message = '' } = (error ?? {}) as Record<string, string | undefined>
  const code = codeOf(error) ?? ''
  // Of a parameter that is for superusers; without that routine, of a database that the user may not connect to.
  const isRefused = refusals.has(code) || (code === insufficientPrivilege && routine.startsWith('set_config'))
    ? severity === 'FATAL'
    : code === protocolViolation && message.includes('startup parameter')
  // Translations of PostgreSQL have other quotation marks.
  return isRefused ? /["«»„“]([^"«»“”]+)["«»“”]|: ([\w.]+)$/.exec(message)?.slice(1).find(Boolean) ?? '' : undefined
}
