import { signal } from '@preact/signals'

/** The token for the metrics, if they need one. It is kept here and nowhere else, so a reload forgets it. */
export const token = signal('')

/** The service asked for a token, or refused the one that was sent. */
export class TokenWanted extends Error {}

/**
 * Asks the service. Rejects with TokenWanted when the answer is 401, and with an error of fetch when there is none in
 * time.
 * @param milliseconds - the time for the whole answer
 */
export async function ask (url: string, milliseconds: number): Promise<Response> {
  const headers: Record<string, string> = token.value === '' ? {} : { authorization: `Bearer ${token.value}` }
  // Without credentials, the browser does not ask for a password by itself.
  const response = await fetch(url, {
    headers,
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(milliseconds)
  })
  if (response.status === 401) throw new TokenWanted()
  return response
}
