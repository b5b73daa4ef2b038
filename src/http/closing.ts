import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { furtherServers } from './further-servers.js'

/**
 * Milliseconds in which a kept-alive connection may send one more request, which is answered with `Connection: close`.
 */
const linger = 250
/** Milliseconds between two checks of the connections. */
const interval = 25

/**
 * Finishes an app's requests when it closes, on each address that it listens on, within `timeoutMs` milliseconds. The
 * app must not answer 503 while it closes (`return503OnClosing`).
 */
export function finishRequests (app: FastifyInstance, timeoutMs: number): void {
  const finishing = [followConnections(app.server)]
  app.addHook('onListen', async () => { finishing.push(...furtherServers(app).map(followConnections)) })
  app.addHook('preClose', async () => { await Promise.all(finishing.map(async finish => { await finish(timeoutMs) })) })
}

/**
 * Follows a server's connections, and returns what ends them without failing a request: it accepts no new ones, has
 * each closed by the answer to its last request, and breaks only those off that are not done after `timeoutMs`
 * milliseconds. What answers has to send `Connection: close` from then on, as Fastify does while it closes.
 */
function followConnections (server: HttpServer): (timeoutMs: number) => Promise<void> {
  const open = new Set<Socket>()
  server.on('connection', socket => {
    open.add(socket)
    socket.once('close', () => { open.delete(socket) })
  })

  return async timeoutMs => {
    if (!server.listening) return
    const deadline = performance.now() + timeoutMs
    // Not its own `close()`, which would also end connections that have just sent a request.
    NetServer.prototype.close.call(server)
    server.prependListener('request', answerAllPipelined)
    await sleep(Math.min(linger, timeoutMs))
    // Browsers open connections in advance, which `closeIdleConnections` does not take for idle.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    while (open.size > 0 && performance.now() < deadline) {
      // `closeIdleConnections` also closes connections whose answer is still on its way to a slow client.
      if (![...open].some(({ writableLength }) => writableLength > 0)) server.closeIdleConnections()
      await sleep(interval)
    }
    server.closeAllConnections()
    server.off('request', answerAllPipelined)
  }
}

const last = new WeakMap<Socket, ServerResponse>()

/** Lets only the last answer to requests that came at once close their connection, for the others would be lost. */
function answerAllPipelined ({ socket }: IncomingMessage, response: ServerResponse): void {
  const before = last.get(socket)
  if (before !== undefined && !before.headersSent) before.removeHeader('connection')
  last.set(socket, response)
}
