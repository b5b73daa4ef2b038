import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { clock } from '../../clock.js'
import type { RouteCells } from './route-cells.js'

/** A request that asks for another protocol, such as a WebSocket. */
interface Upgrade {
  /** Null when it is left out. */
  route: RouteCells | null
  /** Milliseconds, by the clock. */
  readonly began: number
}

export interface Upgrades {
  /** Notes the route of a request for an upgrade; null leaves the request out. */
  begin: (request: IncomingMessage, socket: Duplex, route: RouteCells | null) => void
  /** Stops listening to the server. */
  close: () => void
}

/**
 * Called when a request for an upgrade was answered, with the status, or undefined when its client left first, and with
 * the seconds that it took.
 */
type OnAnswered = (request: IncomingMessage, route: RouteCells, status: number | undefined, seconds: number) => void

/**
 * Follows requests for an upgrade, whose answer, 101 or another, is written to their socket by whoever takes them, with
 * Fastify or without. That is when they have ended: what comes after it is no HTTP.
 * @param unmatched - the cells of those that Fastify does not hear of; null when they are left out
 */
export function followUpgrades (server: Server, unmatched: RouteCells | null, told: OnAnswered): Upgrades {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>()

  function begin (request: IncomingMessage, socket: Duplex, route: RouteCells | null) {
    const known = upgrades.get(request)
    if (known !== undefined) {
      known.route = route
      return
    }
    const upgrade: Upgrade = { route, began: clock() }
    upgrades.set(request, upgrade)
    onFirstBytes(socket, status => {
      if (upgrade.route !== null) told(request, upgrade.route, status, (clock() - upgrade.began) / 1000)
    })
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex) => { begin(request, socket, unmatched) }

  // Node.js accepts requests for upgrades only if somebody listens to `upgrade`, so ours listens only while others do.
  const isListened = () => server.listeners('upgrade').some(listener => listener !== onUpgrade)
  const isOurs = () => server.listeners('upgrade').includes(onUpgrade)
  const onNew = (event: string, listener: unknown) => {
    if (event === 'upgrade' && listener !== onUpgrade && !isOurs()) server.prependListener('upgrade', onUpgrade)
  }
  const onRemoved = (event: string) => { if (event === 'upgrade' && !isListened()) server.off('upgrade', onUpgrade) }
  if (isListened()) server.prependListener('upgrade', onUpgrade)
  server.on('newListener', onNew)
  server.on('removeListener', onRemoved)

  return {
    begin,
    close: () => {
      server.off('newListener', onNew)
      server.off('removeListener', onRemoved)
      server.off('upgrade', onUpgrade)
    }
  }
}

type Write = (chunk: Buffer | string, ...rest: unknown[]) => unknown
type Writev = (chunks: Array<{ chunk: Buffer | string }>, ...rest: unknown[]) => unknown
interface Writing { _write: Write, _writev?: Writev | undefined | null }

/**
 * Calls back with the status of the answer whose first bytes are written to a socket; undefined when that closes
 * before.
 */
function onFirstBytes (socket: Duplex, told: (status: number | undefined) => void): void {
  const writing = socket as unknown as Writing
  const { _write: write, _writev: writev } = writing
  let waiting = true

  function end (chunk?: Buffer | string) {
    if (!waiting) return
    waiting = false
    writing._write = write
    if (writev) writing._writev = writev
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(chunk?.slice(0, 12).toString() ?? '')?.[1]
    told(status === undefined ? undefined : Number(status))
  }

  writing._write = function (chunk, ...rest) {
    end(chunk)
    return write.call(this, chunk, ...rest)
  }
  if (writev) {
    writing._writev = function (chunks, ...rest) {
      end(chunks[0]?.chunk)
      return writev.call(this, chunks, ...rest)
    }
  }
  socket.once('close', () => { end() })
}
