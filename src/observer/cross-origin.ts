import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Allows pages of the same host, on any of its ports, to read an answer: the service's own page asks here while the
 * main port does not answer. Answers a preflight request by itself, and returns whether the request was one.
 */
export function allowSameHost (
  { method, headers: { origin, host } }: IncomingMessage,
  response: ServerResponse
): boolean {
  response.setHeader('vary', 'origin')
  const asking = hostnameOf(origin)
  if (origin === undefined || asking === undefined || asking !== hostnameOf(`http://${host}`)) return false
  response.setHeader('access-control-allow-origin', origin)
  if (method !== 'OPTIONS') return false
  response.writeHead(204, {
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': 'authorization',
    'access-control-max-age': '600'
  }).end()
  return true
}

/** Returns the hostname of an origin; undefined when the text is none. */
function hostnameOf (origin = ''): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined
}
