import type { Server } from 'node:http'
import type { Guard } from '../guard.js'
import type { HttpInstruments } from './http-instruments.js'

export interface HttpClientErrors {
  /** Counts those of a further server, too: Fastify handles these errors of the first server only. */
  follow: (server: Server) => void
  /** Stops listening to the server. */
  close: () => void
}

/** Counts the requests that the HTTP parser of a server refuses, which Fastify never hears of. */
export function countClientErrors (
  server: Server,
  clientErrors: HttpInstruments['clientErrors'],
  guard: Guard
): HttpClientErrors {
  // Other errors are of connections, such as EPIPE.
  const onClientError = guard('client_error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') clientErrors.cell('408').add(1)
    else if (code.startsWith('HPE_')) clientErrors.cell(code === 'HPE_HEADER_OVERFLOW' ? '431' : '400').add(1)
  })
  const forward = (...args: unknown[]) => { server.emit('clientError', ...args) }

  server.on('clientError', onClientError)
  return {
    follow: other => {
      if (other.listenerCount('clientError') === 0) other.on('clientError', forward)
    },
    close: () => { server.off('clientError', onClientError) }
  }
}
