import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { backoff } from '../backoff.js'
import { connectionClosed, connectionEnded, type Address } from '../errors.js'
import { addressesOf, Hosts } from '../connection/hosts.js'
import type { PoolOptions } from '../pool/pool-options.js'
import { encrypt } from '../connection/socket.js'
import { Wire } from '../connection/wire.js'

const pauses = { shortestMs: 50, longestMs: 2000 }
const ignore = () => {}

type Subscribe = postgres.Sql['subscribe']
/** The driver's types do not have all of it. */
type Handle = postgres.SubscriptionHandle & { state: object, sql: postgres.Sql }

interface Subscription {
  /** Starts the subscription on a client. */
  attach: (client: postgres.Sql) => Promise<Handle>
  attached: () => void
  detach: () => void
  lost: (error: Error) => void
}

/** A client whose one connection follows publications. */
interface Follower {
  client: postgres.Sql
  /** Rejects when the connection is lost. */
  lost: Promise<never>
}

export interface ReplicationSubscriber {
  subscribe: Subscribe
  end: () => Promise<void>
}

/**
 * Follows publications with the driver's own `subscribe`, on a connection of its own. When that is lost, a new client
 * takes over, starts all subscriptions again and tells them so; the driver would wait for ever (porsager/postgres#757).
 * Changes in between are missed, since the replication slot is temporary.
 */
export function createSubscriber (parsed: postgres.Sql['options'], options: PoolOptions): ReplicationSubscriber {
  const hosts = new Hosts(addressesOf(parsed), options.sessionAttributes)
  const subscriptions = new Set<Subscription>()
  const state = {}
  const ending = new AbortController()
  let socket: Socket | undefined
  let following: Promise<Follower> | undefined
  let isRecovering = false

  async function open (): Promise<[Socket, Address]> {
    const probe = await hosts.connect(() => ({
      driver: { ...parsed, fetch_types: false },
      connect: options.connect,
      encryption: options.encryption,
      connectTimeoutSeconds: options.connectTimeoutSeconds,
      statementTimeoutMs: 0,
      onTransaction: ignore,
      onGone: ignore
    }), ignore)
    const { address } = probe
    probe.close()
    const plain = await options.connect(address)
    if (plain.connecting) await once(plain, 'connect')
    return [await encrypt(plain, address, options.encryption), address]
  }

  async function follow (): Promise<Follower> {
    const [opened, address] = await open()
    if (ending.signal.aborted) {
      opened.destroy()
      throw connectionEnded()
    }
    socket = opened
    const wire = new Wire(opened, address)
    opened.on('data', chunk => { wire.deliver(chunk) })
    const sockets = [wire]
    const client = postgres({
      ...parsed,
      ssl: false,
      target_session_attrs: null,
      socket: async () => sockets.pop() ?? await new Promise(() => {})
    } as object)
    const lost = new Promise<never>((_resolve, reject) => {
      for (const event of ['error', 'end', 'close']) {
        opened.once(event, cause => { reject(connectionClosed(address, cause)) })
      }
    })
    const followed = following
    lost.catch((error: Error) => {
      opened.destroy()
      if (following === followed) recover(error)
    })
    return { client, lost }
  }

  async function attach (subscription: Subscription): Promise<Handle> {
    const { client, lost } = await (following ??= follow())
    const handle = await Promise.race([subscription.attach(client), lost])
    subscription.detach = handle.unsubscribe
    Object.assign(state, handle.state)
    return handle
  }

  function recover (error: Error): void {
    following = undefined
    if (isRecovering) return
    isRecovering = true
    for (const subscription of subscriptions) subscription.lost(error)
    attachAgain().catch(ignore).finally(() => { isRecovering = false })
  }

  async function attachAgain (): Promise<void> {
    const { signal } = ending
    for (let attempt = 1; subscriptions.size > 0; attempt++) {
      await sleep(backoff(attempt, pauses), undefined, { ref: false, signal })
      try {
        for (const subscription of subscriptions) {
          await attach(subscription)
          if (!subscriptions.has(subscription)) subscription.detach()
        }
        for (const { attached } of subscriptions) attached()
        return
      } catch {
        giveUp()
      }
    }
  }

  function giveUp (): void {
    following = undefined
    socket?.destroy()
  }

  async function subscribe (
    event: string,
    fn: Parameters<Subscribe>[1],
    onSubscribe: () => void = ignore,
    onError: (error: Error) => void = ignore
  ): Promise<Handle> {
    if (ending.signal.aborted) throw connectionEnded()
    const subscription: Subscription = {
      attach: async client => await client.subscribe(event, fn) as Handle,
      attached: onSubscribe,
      detach: ignore,
      lost: onError
    }
    try {
      const { sql } = await attach(subscription)
      subscriptions.add(subscription)
      onSubscribe()
      const unsubscribe = () => {
        subscriptions.delete(subscription)
        subscription.detach()
      }
      return { unsubscribe, state, sql: Object.assign(sql, { end }) }
    } catch (error) {
      if (subscriptions.size === 0) giveUp()
      throw error
    }
  }

  async function end (): Promise<void> {
    ending.abort()
    subscriptions.clear()
    socket?.destroy()
  }

  return { subscribe: subscribe as Subscribe, end }
}
