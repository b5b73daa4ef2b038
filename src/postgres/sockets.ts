import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { clock } from '../metrics/clock.js'

/** Milliseconds between two looks. */
const interval = 50

/** Where to connect to, as the driver tells it. */
export interface Target {
  host: string[]
  port: number[]
  path?: string | false
}

interface Heard {
  /** Bytes in each direction when something was last received. */
  received: number
  sent: number
  /** When that was. */
  at: number
  /** Whether something was sent at about that time, too, so that it may have no answer yet. */
  doubtful: boolean
  /** When it was first seen that more was sent; undefined when nothing was. */
  unansweredSince: number | undefined
}

export interface Sockets {
  /** Begins to connect; the driver's option `socket`. */
  open: (target: Target) => Promise<Socket>
  /** Destroys those that may owe an answer and have said nothing since a time, in milliseconds; for whom knows that one of them does. */
  giveUp: (since: number) => void
  /** Destroys all, without a word to the server. */
  destroy: () => void
}

/**
 * Opens the sockets of a client, each destroyed once what was sent on it has had no answer at all for `silenceMs` milliseconds.
 * TCP by itself waits for a quarter of an hour where a server froze or a network was cut, and the driver with it.
 */
export function createSockets (silenceMs: number): Sockets {
  const watched = new Map<Socket, Heard>()
  let timer: NodeJS.Timeout | undefined
  let opened = 0
  /** Sockets that ended, one after another, before anything was received. */
  let mute = 0
  let generation = 0

  function look () {
    const now = clock()
    for (const [socket, heard] of watched) {
      if (socket.destroyed) {
        watched.delete(socket)
        mute = socket.bytesRead === 0 ? mute + 1 : 0
      } else if (isSilent(socket, heard, now - silenceMs, now)) socket.destroy()
    }
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  async function open ({ host, port, path }: Target): Promise<Socket> {
    const mine = generation
    // The driver tries again at once where connections are accepted and closed, as a proxy without a server does.
    if (mute > 3) await sleep(Math.min(mute * 10, 250))
    if (mine !== generation) throw Object.assign(new Error('The client has been ended'), { code: 'CONNECTION_ENDED' })
    const socket = new QuietSocket()
    watched.set(socket, { received: 0, sent: 0, at: clock(), doubtful: false, unansweredSince: undefined })
    timer ??= setInterval(look, interval).unref()
    if (path) return socket.connect(path)
    // Several hosts take turns.
    const turn = opened++ % host.length
    const to = { host: host[turn] as string, port: port[turn] as number }
    // The driver's errors name them, and TLS looks for the host in the certificate.
    return Object.assign(socket, to).connect(to)
  }

  function giveUp (since: number) {
    look()
    for (const [socket, { at, doubtful, unansweredSince }] of watched) {
      if (at <= since + interval && (doubtful || unansweredSince !== undefined)) socket.destroy()
    }
  }

  function destroy () {
    generation++
    for (const socket of watched.keys()) socket.destroy()
  }

  return { open, giveUp, destroy }
}

/**
 * Ends with `close` alone once it was connected. The driver does not reject what it sends after an `error` and before the `close` that
 * follows, and resolves it when it connects again, as if it had been done.
 */
class QuietSocket extends Socket {
  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    super._destroy(this.bytesRead > 0 ? null : error, callback)
  }
}

/** Tells whether what was sent has had no answer since a time before `limit`. Reads counters only, so that the hot path knows nothing of it. */
function isSilent ({ bytesRead, bytesWritten }: Socket, heard: Heard, limit: number, now: number): boolean {
  if (bytesRead !== heard.received) {
    heard.doubtful = bytesWritten !== heard.sent
    heard.received = bytesRead
    heard.sent = bytesWritten
    heard.at = now
    heard.unansweredSince = undefined
  } else if (bytesWritten > heard.sent) heard.unansweredSince ??= now
  return heard.unansweredSince !== undefined && heard.unansweredSince < limit
}
