import type { FastifyInstance } from 'fastify'
import { rootOf } from './root-context.js'

/**
 * What each plugin offers the other plugins of an app, by the plugin's name: `metrics` offers its catalogue, so that
 * `postgres` can record into it. A plugin adds its own offer to this interface, in its own file.
 */
export interface Offers {}

interface Exchange {
  /** What has been offered so far, by the plugin's name. */
  readonly offers: Map<string, unknown>
  /** What to call once a plugin of the name offers something. */
  readonly waiting: Map<string, Array<(offer: never) => void>>
}

/** One exchange for each app, under its outermost context: plugins find each other from any context. */
const exchanges = new WeakMap<FastifyInstance, Exchange>()

function exchangeOf (app: FastifyInstance): Exchange {
  const root = rootOf(app)
  let exchange = exchanges.get(root)
  if (exchange === undefined) exchanges.set(root, exchange = { offers: new Map(), waiting: new Map() })
  return exchange
}

/** Throws an Error when a plugin of the name has been registered in the app already. */
export function assertFirst (app: FastifyInstance, name: keyof Offers): void {
  if (exchangeOf(app).offers.has(name)) {
    throw new Error(
      `${name} is registered twice in this app, in one context or two: ` +
      'register it once, for it is for all of the app'
    )
  }
}

/** Offers something to the other plugins of the app: to those registered before and to those that come later. */
export function offer<N extends keyof Offers> (app: FastifyInstance, name: N, offered: Offers[N]): void {
  const { offers, waiting } = exchangeOf(app)
  offers.set(name, offered)
  for (const use of waiting.get(name) ?? []) use(offered as never)
  waiting.delete(name)
}

/** Calls `use` with what another plugin offers: now, or once that plugin is registered; never if it never is. */
export function whenOffered<N extends keyof Offers> (
  app: FastifyInstance, name: N, use: (offer: Offers[N]) => void
): void {
  const { offers, waiting } = exchangeOf(app)
  const offered = offers.get(name)
  if (offered !== undefined) use(offered as Offers[N])
  else waiting.set(name, [...waiting.get(name) ?? [], use])
}
