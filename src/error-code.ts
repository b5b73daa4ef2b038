const form = /^[A-Z0-9_]{3,40}$/

/** The error's code: an SQLSTATE, the driver's or Node.js' own; undefined when it has none. */
export function codeOf (error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

/**
 * An error's code for a label: an SQLSTATE, the driver's or Node.js' own, or `UNKNOWN` for whatever else was thrown.
 */
export function errorCode (error: unknown): string {
  const code = codeOf(error)
  return code !== undefined && form.test(code) ? code : 'UNKNOWN'
}
