import type { Wanted } from '../metrics/exposition/negotiate.js'
import type { Served } from '../metrics/naming/served.js'
import type { Growth } from '../metrics/catalogue-view.js'
import type { Address } from './address.js'

/** What the observer's thread is started with. */
export interface StartData {
  /** The memory of main's pulse. */
  readonly pulse: SharedArrayBuffer
  /** Whether main is the process's main thread: Node.js lets no other be looked into. */
  readonly isInspectable: boolean
}

/** An app that the observer is to serve from now on. */
export interface OpenRequest {
  readonly app: number
  readonly served: Served
  /** The memory that says whether main has to be asked for each scrape. */
  readonly mainNeeded: SharedArrayBuffer
  readonly stallMs: number
  readonly livenessMs: number
}

/** What an app's catalogue has grown by. */
export interface GrowRequest {
  readonly app: number
  readonly growth: readonly Growth[]
}

/** Where to open the management port of an app. */
export interface ListenRequest extends Address {
  readonly app: number
}

/** A scrape on the main port, to be rendered by the observer. */
export interface ScrapeRequest {
  readonly app: number
  readonly wanted: Wanted
  /** What prom-client holds, in text 0.0.4. */
  readonly client: string
}

export interface ScrapeResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The answer to a probe. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** The reason that readiness and liveness give while the event loop is blocked. */
export const loopBlocked = 'event_loop_blocked'

/** What only main can answer. */
export type Question = 'client' | 'health' | 'ready'
