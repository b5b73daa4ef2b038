import { codeOf } from './unavailable.js'

const form = /^[A-Z0-9_]{3,40}$/

/**
 * An error's code for a label: an SQLSTATE, the driver's or Node.js' own, or `UNKNOWN` for whatever else was thrown.
 */
export function errorCode (error: unknown): string {
  const code = codeOf(error)
  return code !== undefined && form.test(code) ? code : 'UNKNOWN'
}
