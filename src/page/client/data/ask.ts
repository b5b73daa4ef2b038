import { signal } from '@preact/signals'

/** The token that metrics ask for, when they do. It is kept here and nowhere else, so a reload forgets it. */
export const token = signal('')

/** The service wants a token, or another one. */
export class TokenWanted extends Error {}

/**
 * Asks the service, and rejects when it does not answer in time; with TokenWanted when the answer is 401.
 * @param milliseconds - time for the whole answer
 */
export async function ask (url: string, milliseconds: number): Promise<Response> {
  const headers: Record<string, string> = token.value === '' ? {} : { authorization: `Bearer ${token.value}` }
  // Without credentials the browser leaves asking for a password to the page.
  const response = await fetch(url, {
    headers,
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(milliseconds)
  })
  if (response.status === 401) throw new TokenWanted()
  return response
}
