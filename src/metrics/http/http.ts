import { channel } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { clock } from '../../clock.js'
import { heartbeat } from '../../loop/heartbeat.js'
import type { Guard } from '../guard.js'
import { countClientErrors } from './http-client-errors.js'
import type { HttpInstruments } from './http-instruments.js'
import { followOffChannel } from './http-off-channel.js'
import { createHttpOutcomes } from './http-outcomes.js'
import type { RouteCells } from './route-cells.js'
import { followUpgrades } from './upgrades.js'

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
  /** Notes that a request on a route has begun. To be called once for each request, as early as possible. */
  begin: (request: IncomingMessage, response: ServerResponse, route: RouteCells) => void
  /** Leaves a request out, instead of `begin`. */
  ignore: (response: ServerResponse) => void
  /** Tells whether a request is under way, and is not left out. */
  isUnderWay: (request: IncomingMessage) => boolean
  /** Counts the requests that the parser of a further server refuses, too. */
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

/** Reads the clock at the begin of a request, which is a sign of life of the event loop. */
function beginning (): number {
  const now = clock()
  pulse.begin(now)
  return now
}

/**
 * Records each request that a server gets in exactly one outcome: answered, or left by its client. It hears of the end
 * of answers on a diagnostics channel of Node.js, which costs less than a listener to each response.
 */
export function createHttpRecorder (
  server: Server,
  { started, bodies, clientErrors }: HttpInstruments,
  { unmatched, http2, guard }: HttpRecorderOptions
): HttpRecorder {
  // The channel tells each app of the answers of all apps in the process, so each has a symbol of its own for what it
  // keeps at a connection.
  const exchangeOf = Symbol('fastify-vitals.exchange')
  type Connection = Socket & { [exchangeOf]?: Exchange | undefined }
  interface Finish { request: IncomingMessage, response: ServerResponse, socket: Connection, server: Server }

  // Responses that are not to be recorded when the channel tells of their end.
  const apart = new WeakSet<ServerResponse>()
  const outcomes = createHttpOutcomes(bodies, response => { apart.add(response) })
  const { finished, left } = outcomes
  const offChannel = followOffChannel(outcomes, guard)
  const parserErrors = countClientErrors(server, clientErrors, guard)

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

  // The first request of a connection, and requests that do not come one after the other on it.
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
      apart.add(response)
      offChannel.begin(request, response, route, beginning())
    }
  }

  function beginUpgrade (request: IncomingMessage, response: ServerResponse, route: RouteCells | null) {
    apart.add(response)
    if (response.socket !== null) upgrades.begin(request, response.socket, route)
  }

  // Returns false where a connection has no requests one after the other: that of HTTP/2 looks like a socket, too.
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

  function isUnderWay (request: IncomingMessage): boolean {
    const exchange = request.httpVersionMajor === 2 ? undefined : (request.socket as Connection)[exchangeOf]
    if (exchange?.response?.req === request || offChannel.isUnderWay(request)) return true
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

  // On a connection that is destroyed, the channel tells of responses, too, that could not be written to their clients.
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

  // Requests that Fastify answered by itself, such as those with a bad URL, have ended by now without any hook.
  const onRequest = guard('http2_request', (request: IncomingMessage, response: ServerResponse) => {
    if (unmatched !== null && request.httpVersionMajor === 2 && response.writableEnded && !apart.has(response)) {
      begin(request, response, unmatched)
    }
  })

  const finish = channel('http.server.response.finish')
  finish.subscribe(onFinish)
  if (http2) server.on('request', onRequest)

  return {
    begin,
    ignore: response => {
      apart.add(response)
      if (isUpgrade(response.req)) beginUpgrade(response.req, response, null)
    },
    isUnderWay,
    follow: parserErrors.follow,
    close: () => {
      finish.unsubscribe(onFinish)
      upgrades.close()
      parserErrors.close()
      server.off('request', onRequest)
    }
  }
}

/**
 * Tells whether a request is one for an upgrade: Node.js took it for one, or it has no connection, as those that
 * @fastify/websocket makes for tests.
 */
function isUpgrade (request: Upgrading): boolean {
  return request.upgrade === true || request.socket === undefined
}
