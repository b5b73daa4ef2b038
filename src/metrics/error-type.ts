/** The code of what was thrown or else its name, where these are text; whatever else may have been thrown, the type of that. */
export function errorType (thrown: unknown): string {
  const { code, name } = (thrown ?? {}) as { code?: unknown, name?: unknown }
  return [code, name].find(value => typeof value === 'string' && value !== '') as string | undefined ?? typeof thrown
}
