import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { addressesOf, Opening } from './opening.js'
import type { PoolOptions } from './pool.js'
import { encrypt } from './socket.js'

const shortestPause = 50
const longestPause = 2000
const ignore = () => {}

export interface ReplicationSubscriber {
  subscribe: postgres.Sql['subscribe']
  end: () => Promise<void>
}

/**
 * Follows a publication by the driver's own `subscribe`, on a connection of its own. The driver gives up, and the process with it,
 * when it cannot connect again; so it gets its socket once a server lets clients in.
 */
export function createSubscriber (parsed: postgres.Sql['options'], options: PoolOptions): ReplicationSubscriber {
  const addresses = addressesOf(parsed)
  const opening = new Opening(addresses, options.sessionAttributes)
  const sockets = new Set<Socket>()
  const ending = new AbortController()
  const client = postgres({ ...parsed, ssl: false, target_session_attrs: null, socket: open } as object)

  async function open (): Promise<Socket> {
    for (let pause = shortestPause; !ending.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        const probe = await opening.open(() => ({
          driver: parsed,
          connect: options.connect,
          encryption: options.encryption,
          connectTimeoutSeconds: options.connectTimeoutSeconds,
          statementTimeoutMs: 0,
          onTransaction: ignore,
          onGone: ignore
        }), ignore)
        const { address } = probe
        probe.close()
        const made = options.connect(address)
        const plain = made instanceof Promise ? await made : made
        if (plain.connecting) await once(plain, 'connect')
        const socket = await encrypt(plain, address, options.encryption)
        sockets.add(socket.once('close', () => { sockets.delete(socket) }))
        return socket
      } catch {
        await sleep(pause * (0.5 + Math.random() / 2), undefined, { ref: false })
      }
    }
    return await new Promise(() => {})
  }

  return {
    subscribe: client.subscribe,
    async end () {
      ending.abort()
      await client.end({ timeout: 0 })
      // The driver would tell the console of an error that is none.
      for (const socket of sockets) socket.removeAllListeners().on('error', ignore).destroy()
    }
  }
}
