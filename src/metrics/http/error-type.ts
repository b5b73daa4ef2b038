// Some libraries put what a client sent into a code; each of these would become a series.
const form = /^[\w.:$-]{1,64}$/

/**
 * Returns the code of what was thrown, or else its name, where these look like one; for anything else the type of it.
 */
export function errorType (thrown: unknown): string {
  const { code, name } = (thrown ?? {}) as { code?: unknown, name?: unknown }
  return [code, name].find(value => typeof value === 'string' && form.test(value)) as string | undefined ??
    typeof thrown
}
