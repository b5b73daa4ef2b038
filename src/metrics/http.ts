import { channel } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { HttpInstruments } from './http-instruments.js'
import type { RouteCells } from './route-cells.js'

const exchangeOf = Symbol('fastify-vitals.exchange')

/** What is known of the request that is under way on a connection. Made once per connection, so that a request costs no allocation. */
class Exchange {
  response: ServerResponse | undefined
  route: RouteCells | undefined
  /** Milliseconds, by `performance.now()`. */
  began = 0
}

type Connection = Socket & { [exchangeOf]?: Exchange }

export interface HttpRecorder {
  /** Notes that a request has begun on a route. To be called once for each request, as early as can be. */
  begin: (request: IncomingMessage, response: ServerResponse, route: RouteCells) => void
  /** Stops listening to the server. */
  close: () => void
}

export interface HttpRecorderOptions {
  /** The cells of requests that are answered before `begin` is called. */
  unmatched: RouteCells
  /** Whether to record the sizes of bodies. */
  sizes: boolean
}

/**
 * Records each request that the server gets in exactly one outcome: answered, or left by its client.
 * The end of an answer is heard on a diagnostics channel, which costs less than a listener for each response.
 */
export function createHttpRecorder (server: Server, { started, requestBytes, responseBytes, clientErrors }: HttpInstruments, { unmatched, sizes }: HttpRecorderOptions): HttpRecorder {
  // Responses that are followed by listeners of their own, or whose request has been recorded.
  const apart = new WeakSet<ServerResponse>()

  function finished (route: RouteCells, request: IncomingMessage, response: ServerResponse, seconds: number) {
    route.finished(request.method as string, response.statusCode).record(seconds)
    if (sizes) recordSizes(request, response)
  }

  function aborted (route: RouteCells, request: IncomingMessage, response: ServerResponse, seconds: number) {
    apart.add(response)
    route.aborted(request.method as string).record(seconds)
  }

  function recordSizes (request: IncomingMessage, response: ServerResponse & { _contentLength?: unknown }) {
    requestBytes.record(Number(request.headers['content-length'] ?? 0))
    if (typeof response._contentLength === 'number') responseBytes.record(response._contentLength)
  }

  function begin (request: IncomingMessage, response: ServerResponse, route: RouteCells) {
    started.add(1)
    const connection = request.socket as Connection
    const exchange = connection[exchangeOf] ?? follow(connection)
    if (exchange === undefined || exchange.response !== undefined) {
      beginApart(request, response, route)
      return
    }
    exchange.response = response
    exchange.route = route
    exchange.began = performance.now()
  }

  function follow (connection: Connection): Exchange | undefined {
    if (!(connection instanceof Socket) || connection.destroyed) return undefined
    const exchange = new Exchange()
    connection[exchangeOf] = exchange
    connection.once('close', () => {
      const { response, route, began } = exchange
      exchange.response = undefined
      if (response !== undefined) aborted(route as RouteCells, response.req, response, (performance.now() - began) / 1000)
    })
    return exchange
  }

  // Pipelined requests share a connection, and those of HTTP/2 and inject() are not published on the channel.
  function beginApart (request: IncomingMessage, response: ServerResponse, route: RouteCells) {
    const began = performance.now()
    let under = true
    apart.add(response)
    response.once('finish', () => {
      if (under) finished(route, request, response, (performance.now() - began) / 1000)
      under = false
    })
    response.once('close', () => {
      if (under) aborted(route, request, response, (performance.now() - began) / 1000)
      under = false
    })
  }

  function onFinish (message: unknown) {
    const { request, response, socket, server: from } = message as { request: IncomingMessage, response: ServerResponse, socket: Connection, server: Server }
    const exchange = socket[exchangeOf]
    if (exchange !== undefined && exchange.response === response) {
      exchange.response = undefined
      finished(exchange.route as RouteCells, request, response, (performance.now() - exchange.began) / 1000)
    } else if (from === server && !apart.has(response)) {
      started.add(1)
      finished(unmatched, request, response, 0)
    }
  }

  function onClientError ({ code }: NodeJS.ErrnoException) {
    if (code === 'ECONNRESET') return
    clientErrors.cell(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408' : code === 'HPE_HEADER_OVERFLOW' ? '431' : '400').add(1)
  }

  function onDropRequest () {
    clientErrors.cell('503').add(1)
  }

  const finish = channel('http.server.response.finish')
  finish.subscribe(onFinish)
  server.on('clientError', onClientError)
  server.on('dropRequest', onDropRequest)

  return {
    begin,
    close: () => {
      finish.unsubscribe(onFinish)
      server.off('clientError', onClientError)
      server.off('dropRequest', onDropRequest)
    }
  }
}
