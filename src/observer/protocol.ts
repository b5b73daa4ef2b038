import type { Wanted } from '../metrics/exposition/negotiate.js'
import type { Served } from '../metrics/naming/served.js'
import type { Growth } from '../metrics/view.js'
import type { Address } from './address.js'

/** What the observer has when it starts. */
export interface Start {
  /** Memory of main's pulse. */
  readonly pulse: SharedArrayBuffer
}

/** An app that the observer serves. */
export interface Opening {
  readonly app: number
  readonly served: Served
  /** Memory that tells whether main has to be asked for each scrape. */
  readonly mainNeeded: SharedArrayBuffer
  readonly stallMs: number
  readonly livenessMs: number
}

export interface Growing {
  readonly app: number
  readonly growth: readonly Growth[]
}

export interface Listening extends Address {
  readonly app: number
}

export interface Scraping {
  readonly app: number
  readonly wanted: Wanted
  /** What prom-client holds, in text 0.0.4. */
  readonly client: string
}

export interface ScrapedBytes {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The answer of a probe. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Why a service is not ready, or not alive, while its event loop is blocked. */
export const loopBlocked = 'event_loop_blocked'

/** Questions that only main can answer. */
export type Question = 'client' | 'health' | 'ready'
