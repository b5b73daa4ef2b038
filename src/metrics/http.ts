import { channel } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'
import { clock } from '../clock.js'
import { heartbeat } from '../loop/heartbeat.js'
import { isEventStream } from './event-stream.js'
import type { Guard } from './guard.js'
import type { BodyInstruments, HttpInstruments } from './http-instruments.js'
import type { RouteCells } from './route-cells.js'
import { followUpgrades } from './upgrades.js'

/**
 * What a response has besides what is documented: the length of its body if it was given whole, and its stream in
 * HTTP/2.
 */
type Response = ServerResponse & { _contentLength?: number | null, stream?: ServerHttp2Stream }

/** A request as Node.js hands it over, which it may have taken for an upgrade. */
type Upgrading = IncomingMessage & { upgrade?: boolean | null }

/**
 * The state of the request that is under way on a connection. There is one for each connection, so that a request
 * allocates nothing.
 */
class Exchange {
  response: ServerResponse | undefined
  route: RouteCells | undefined
  /** Milliseconds, by the clock. */
  began = 0
  /** Requests that arrived before this one was answered. */
  pipelined: Map<ServerResponse, Exchange> | undefined
}

export interface HttpRecorder {
  /** Notes the begin of a request on a route. To be called once for each request, as early as possible. */
  begin: (request: IncomingMessage, response: ServerResponse, route: RouteCells) => void
  /** Leaves a request out, instead of `begin`. */
  ignore: (response: ServerResponse) => void
  /** Whether a request has begun and not ended, and is not left out. */
  isUnderWay: (request: IncomingMessage) => boolean
  /** Records what the parser of a further server refuses: Fastify handles these errors of the first server only. */
  follow: (server: Server) => void
  /** Stops listening to the server. */
  close: () => void
}

export interface HttpRecorderOptions {
  /** The cells of requests that are answered before `begin` is called; null when they are left out. */
  unmatched: RouteCells | null
  /** Whether the server speaks HTTP/2. */
  http2: boolean
  guard: Guard
}

const { pulse } = heartbeat

/** The clock at the begin of a request. */
function beginning (): number {
  const now = clock()
  pulse.begin(now)
  return now
}

/**
 * Records each request that the server gets in exactly one outcome: answered, or left by its client.
 * The end of an answer is heard on a diagnostics channel, which costs less than a listener for each response.
 */
export function createHttpRecorder (
  server: Server,
  { started, bodies, clientErrors }: HttpInstruments,
  { unmatched, http2, guard }: HttpRecorderOptions
): HttpRecorder {
  // An app hears the answers of all apps of the process, so each has a symbol of its own for its connections'
  // exchanges.
  const exchangeOf = Symbol('fastify-vitals.exchange')
  type Connection = Socket & { [exchangeOf]?: Exchange | undefined }
  interface Finish { request: IncomingMessage, response: ServerResponse, socket: Connection, server: Server }

  // Responses that are followed by listeners of their own, or whose request has been recorded.
  const apart = new WeakSet<ServerResponse>()
  // Requests of these that are under way.
  const underWay = new WeakSet<IncomingMessage>()

  function finished (route: RouteCells, request: IncomingMessage, response: ServerResponse, seconds: number) {
    route.finished(request.method as string, response.statusCode).record(seconds)
    if (bodies !== undefined) recordSizes(bodies, request, response)
    if (route.queries !== undefined) route.queries.end(request)
  }

  function aborted (route: RouteCells, request: IncomingMessage, response: ServerResponse, seconds: number) {
    apart.add(response)
    route.aborted(request.method as string).record(seconds)
    if (route.queries !== undefined) route.queries.end(request)
  }

  function recordSizes (bodies: BodyInstruments, request: IncomingMessage, response: Response) {
    const { headers } = request
    const length = headers['content-length']
    if (length !== undefined) bodies.request.record(Number(length))
    else if (headers['transfer-encoding'] !== undefined) bodies.unsized.add(1)
    const size = response._contentLength ??
      (response.stream === undefined ? undefined : Number(response.getHeader('content-length')))
    if (size !== undefined && size >= 0) bodies.response.record(request.method === 'HEAD' ? 0 : size)
  }

  // A stream of events always ends by its client leaving.
  const left = (response: ServerResponse) => isEventStream(response) ? finished : aborted

  const upgrades = followUpgrades(server, unmatched, guard('upgrade', (request, route, status, seconds) => {
    started.add(1)
    const method = request.method as string
    const cell = status === undefined ? route.aborted(method) : route.finished(method, status)
    cell.record(seconds)
  }))

  function begin (request: Upgrading, response: ServerResponse, route: RouteCells) {
    const exchange = (request.socket as Connection | undefined)?.[exchangeOf]
    if (exchange === undefined || exchange.response !== undefined || request.upgrade === true) {
      beginOther(request, response, route)
      return
    }
    started.add(1)
    exchange.response = response
    exchange.route = route
    exchange.began = beginning()
  }

  // The first of a connection, and what is no request after another.
  function beginOther (request: IncomingMessage, response: ServerResponse, route: RouteCells) {
    if (isUpgrade(request)) {
      beginUpgrade(request, response, route)
      return
    }
    const connection = request.socket as Connection
    const exchange = connection[exchangeOf]
    if (exchange !== undefined) {
      started.add(1)
      beginPipelined(exchange, response, route)
    } else if (accompany(connection, response)) {
      begin(request, response, route)
    } else {
      started.add(1)
      beginApart(request, response, route)
    }
  }

  function beginUpgrade (request: IncomingMessage, response: ServerResponse, route: RouteCells | null) {
    apart.add(response)
    if (response.socket !== null) upgrades.begin(request, response.socket, route)
  }

  // The connection of HTTP/2 looks like a socket, but many requests share it.
  function accompany (connection: Connection, response: ServerResponse): boolean {
    if (!(connection instanceof Socket) || !(response instanceof ServerResponse) || connection.destroyed) return false
    const exchange = new Exchange()
    connection[exchangeOf] = exchange
    connection.once('close', () => { onConnectionClose(connection, exchange) })
    return true
  }

  const onConnectionClose = guard('connection_close', (connection: Connection, exchange: Exchange) => {
    connection[exchangeOf] = undefined
    for (const { response, route, began } of [exchange, ...exchange.pipelined?.values() ?? []]) {
      if (response !== undefined) left(response)(route as RouteCells, response.req, response, (clock() - began) / 1000)
    }
  })

  function beginPipelined (exchange: Exchange, response: ServerResponse, route: RouteCells) {
    const pipelined = new Exchange()
    pipelined.response = response
    pipelined.route = route
    pipelined.began = beginning()
    exchange.pipelined ??= new Map()
    exchange.pipelined.set(response, pipelined)
  }

  // Follows a response by listeners of its own: those of HTTP/2 and inject() are not published on the channel, nor is
  // anything once a connection is gone.
  function beginApart (request: IncomingMessage, response: ServerResponse, route: RouteCells) {
    const began = beginning()
    const end = (record: typeof finished) => {
      if (underWay.delete(request)) record(route, request, response, (clock() - began) / 1000)
    }
    underWay.add(request)
    apart.add(response)
    if (request.socket instanceof Socket && request.socket.destroyed) {
      end(aborted)
      return
    }
    response.once('finish', () => { onEndApart(end, wasReset(response) ? left(response) : finished) })
    response.once('close', () => { onEndApart(end, left(response)) })
  }

  const onEndApart = guard(
    'finish_apart',
    (end: (record: typeof finished) => void, record: typeof finished) => { end(record) }
  )

  function isUnderWay (request: IncomingMessage): boolean {
    const exchange = request.httpVersionMajor === 2 ? undefined : (request.socket as Connection)[exchangeOf]
    if (exchange?.response?.req === request || underWay.has(request)) return true
    return exchange?.pipelined !== undefined && [...exchange.pipelined.keys()].some(({ req }) => req === request)
  }

  const failedFinish = guard.failures('finish')
  function onFinish (message: unknown) {
    const finish = message as Finish
    try {
      const { response } = finish
      const exchange = finish.socket[exchangeOf]
      if (exchange !== undefined && exchange.response === response && !finish.socket.destroyed) {
        exchange.response = undefined
        const seconds = (clock() - exchange.began) / 1000
        finished(exchange.route as RouteCells, finish.request, response, seconds)
      } else {
        onOtherFinish(exchange, finish)
      }
    } catch {
      failedFinish.add(1)
    }
  }

  function onOtherFinish (exchange: Exchange | undefined, { request, response, socket, server: from }: Finish) {
    if (exchange !== undefined && exchange.response === response) {
      exchange.response = undefined
      onEnd(exchange, request, response, socket)
      return
    }
    const pipelined = exchange?.pipelined?.get(response)
    if (pipelined !== undefined) {
      exchange?.pipelined?.delete(response)
      onEnd(pipelined, request, response, socket)
    } else if (unmatched !== null && !apart.has(response) && isOurs(from)) {
      started.add(1)
      finished(unmatched, request, response, 0)
    }
  }

  // On a connection that is destroyed, a response that could not be written to its client is finished, too.
  function onEnd (
    { route, began }: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    { destroyed }: Socket
  ) {
    const seconds = (clock() - began) / 1000
    if (destroyed) left(response)(route as RouteCells, request, response, seconds)
    else finished(route as RouteCells, request, response, seconds)
  }

  // An app that listens on several addresses has a server for each.
  const servers = new WeakMap<Server, boolean>([[server, true]])
  const [handler] = server.listeners('request')

  function isOurs (from: Server): boolean {
    let ours = servers.get(from)
    if (ours === undefined) servers.set(from, ours = from.listeners('request').some(listener => listener === handler))
    return ours
  }

  // Other errors are of connections, such as EPIPE.
  const onClientError = guard('client_error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') clientErrors.cell('408').add(1)
    else if (code.startsWith('HPE_')) clientErrors.cell(code === 'HPE_HEADER_OVERFLOW' ? '431' : '400').add(1)
  })

  // Requests that Fastify answered by itself, such as those with a bad URL, have ended by now without any hook.
  const onRequest = guard('http2_request', (request: IncomingMessage, response: ServerResponse) => {
    if (unmatched !== null && request.httpVersionMajor === 2 && response.writableEnded && !apart.has(response)) {
      begin(request, response, unmatched)
    }
  })

  const forward = (...args: unknown[]) => { server.emit('clientError', ...args) }

  const finish = channel('http.server.response.finish')
  finish.subscribe(onFinish)
  server.on('clientError', onClientError)
  if (http2) server.on('request', onRequest)

  return {
    begin,
    ignore: response => {
      apart.add(response)
      if (isUpgrade(response.req)) beginUpgrade(response.req, response, null)
    },
    isUnderWay,
    follow: other => {
      if (other.listenerCount('clientError') === 0) other.on('clientError', forward)
    },
    close: () => {
      finish.unsubscribe(onFinish)
      upgrades.close()
      server.off('clientError', onClientError)
      server.off('request', onRequest)
    }
  }
}

/**
 * Whether Node.js took a request for one for an upgrade, or it has no connection, as one that @fastify/websocket makes
 * for a test.
 */
function isUpgrade (request: Upgrading): boolean {
  return request.upgrade === true || request.socket === undefined
}

// A stream of HTTP/2 that was reset has its response finish all the same.
function wasReset ({ stream }: Response): boolean {
  return stream !== undefined && (stream.aborted || stream.rstCode !== 0 || !stream.writableFinished)
}
