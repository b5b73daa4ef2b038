import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Lets pages of the same host, whatever its port, read an answer: the service's own page asks here while the main port
 * does not answer. Returns true when the request was only whether it may ask, which is thereby answered.
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

/** Undefined when the text is no origin. */
function hostnameOf (origin = ''): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined
}
