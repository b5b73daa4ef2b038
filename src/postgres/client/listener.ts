import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import type { Session } from '../query/driver.js'
import type { Lease } from '../pool/lease.js'
import { backoff } from '../backoff.js'
import { createQueryMethods } from './query-methods.js'
import type { Pool } from '../pool/pool.js'

interface Subscriber {
  onNotify: (payload: string) => void
  onListen: (() => void) | undefined
}

interface Channel {
  readonly subscribers: Set<Subscriber>
  listening: Promise<void>
}

const pauses = { shortestMs: 10, longestMs: 2000 }
const ignore = () => {}

/**
 * Listens to channels on a connection of its own. When that is lost, it connects again, listens to all channels anew,
 * and tells each subscriber, which may have missed something.
 */
export class Listener {
  readonly #build: postgres.Sql
  readonly #pool: Pool
  readonly #channels = new Map<string, Channel>()
  #lease: Promise<Lease> | undefined
  #session: Session | undefined
  #isEnded = false

  /** @param pool - of one connection, whose driver tells `notified` of notifications */
  constructor (build: postgres.Sql, pool: (notified: (channel: string, payload: string) => void) => Pool) {
    this.#build = build
    this.#pool = pool((name, payload) => {
      for (const { onNotify } of this.#channels.get(name)?.subscribers ?? []) onNotify(payload)
    })
  }

  async listen (name: string, onNotify: (payload: string) => void, onListen?: () => void): Promise<object> {
    const subscriber = { onNotify, onListen }
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = { subscribers: new Set(), listening: this.#ask('listen', name) }
      this.#channels.set(name, channel)
    }
    channel.subscribers.add(subscriber)
    const session = () => this.#session
    const unlisten = async () => { await this.#unlisten(name, subscriber) }
    try {
      await channel.listening
      onListen?.()
      // As with the driver, `state` is that of the connection at the time it is read.
      return { get state () { return session() }, unlisten }
    } catch (error) {
      channel.subscribers.delete(subscriber)
      if (channel.subscribers.size === 0) this.#channels.delete(name)
      throw error
    }
  }

  async #unlisten (name: string, subscriber: Subscriber): Promise<void> {
    const channel = this.#channels.get(name)
    if (channel?.subscribers.delete(subscriber) !== true || channel.subscribers.size > 0) return
    this.#channels.delete(name)
    // There is no connection, so nothing is listened to.
    const lease = await this.#lease?.catch(ignore)
    if (lease === undefined) return
    await this.#ask('unlisten', name).catch(error => { if (!lease.connection.isLost) throw error })
  }

  async #ask (command: 'listen' | 'unlisten', name: string): Promise<void> {
    this.#lease ??= this.#connect()
    const sql = createQueryMethods(this.#build, await this.#lease)
    await sql.unsafe(`${command} "${name.replaceAll('"', '""')}"`)
  }

  async #connect (): Promise<Lease> {
    try {
      const lease = await this.#pool.lease()
      this.#session = lease.connection.session
      lease.untilLost().catch(() => {
        this.#lease = undefined
        this.#listenAgain().catch(ignore)
      })
      return lease
    } catch (error) {
      this.#lease = undefined
      throw error
    }
  }

  async #listenAgain (): Promise<void> {
    for (let attempt = 1; !this.#isEnded; attempt++) {
      await sleep(backoff(attempt, pauses), undefined, { ref: false })
      const channels = [...this.#channels]
      for (const [name, channel] of channels) {
        channel.listening = this.#ask('listen', name)
        channel.listening.catch(ignore)
      }
      const outcomes = await Promise.allSettled(channels.map(async ([, { listening }]) => await listening))
      if (outcomes.some(({ status }) => status === 'rejected')) continue
      for (const [, { subscribers }] of channels) for (const { onListen } of subscribers) onListen?.()
      return
    }
  }

  async end (): Promise<void> {
    this.#isEnded = true
    const lease = await this.#lease?.catch(ignore)
    lease?.end('The client has ended')
    await this.#pool.end(0)
  }
}
