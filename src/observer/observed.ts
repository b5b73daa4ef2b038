import { setTimeout as sleep } from 'node:timers/promises'
import type { Pulse } from '../loop/pulse.js'
import { clock } from '../clock.js'
import { MainNeeded } from '../metrics/main-needed.js'
import type { Wanted } from '../metrics/exposition/negotiate.js'
import { servedFamilies } from '../metrics/naming/served.js'
import { createScrape, type Scraped } from '../metrics/scrape.js'
import type { Channel } from './channel.js'
import { notReadyMs, setMainState } from './main-state.js'
import { Mirror } from './mirror.js'
import { loopBlocked, type Answer, type OpenRequest, type Question } from './protocol.js'
import type { StallWatch } from './stall-watch.js'

/** Milliseconds: how long main may take to read prom-client's metrics, whose `collect` functions have one second. */
const longestCollectMs = 1500
/** Milliseconds: how long main's last answer is served again while prom-client holds nothing. */
const keptMs = 1000
/** Milliseconds: how long main may give no sign of life before it is no longer waited for. */
const silenceMs = 60

/** An app as the observer sees it. */
export interface Observed {
  readonly mirror: Mirror
  /** Renders its metrics. Asks main for what prom-client holds when that is not given. */
  scrape: (wanted: Wanted, client?: string) => Promise<Scraped>
  /** Asks main for all that only main knows, so that it can be served while main is stuck. */
  learn: () => Promise<void>
  health: () => Promise<Answer>
  ready: () => Promise<Answer>
  live: () => Answer
}

/** Creates what the observer knows of an app, and answers for it. */
export function createObserved (
  { app, served, mainNeeded, stallMs, livenessMs }: OpenRequest,
  channel: Channel,
  pulse: Pulse,
  watch: StallWatch
): Observed {
  const mirror = new Mirror()
  const scraper = createScrape(mirror, servedFamilies(served), served.labels)
  const needed = new MainNeeded(mainNeeded)
  const held = { client: '', at: clock(), told: false }
  let health: Answer | undefined
  let ready: Answer | undefined

  // A first answer is waited for longer: there is no earlier one to serve, and the machine may be busy.
  function isWorthWaiting (asked: number, mostMs: number, isKnown: boolean): boolean {
    const waited = clock() - asked
    if (waited >= mostMs) return false
    return isKnown ? Math.min(pulse.silentMs(), waited) < silenceMs : pulse.lateMs() < notReadyMs
  }

  // Asks main, and waits as long as it gives signs of life; not at all while it is known to be stuck.
  async function ask<T> (question: Question, mostMs: number, isKnown: boolean): Promise<T | undefined> {
    if (pulse.lateMs() > (isKnown ? silenceMs : notReadyMs)) return undefined
    const asked = clock()
    const given = new AbortController()
    const silence = async () => {
      while (!given.signal.aborted && isWorthWaiting(asked, mostMs, isKnown)) await sleep(silenceMs / 3)
      return undefined
    }
    try {
      return await Promise.race([channel.call<T>(question, app), silence()])
    } catch {
      return undefined
    } finally {
      given.abort()
    }
  }

  async function scrape (wanted: Wanted, client?: string): Promise<Scraped> {
    const isNew = client === undefined ? isStale() && await readClient() : hold(client)
    setMainState(mirror, { ageMs: isNew ? 0 : clock() - held.at, lateMs: watch.blockedMs() })
    return scraper.answer(wanted, held.client)
  }

  function blocked (): number | undefined {
    const late = watch.blockedMs()
    return late < notReadyMs ? undefined : seconds(late)
  }

  function isStale (): boolean {
    return needed.is || !held.told || clock() - held.at >= keptMs
  }

  function hold (client: string): true {
    held.client = client
    held.at = clock()
    held.told = true
    return true
  }

  async function readClient (): Promise<boolean> {
    const told = await ask<string>('client', longestCollectMs, held.told)
    return told !== undefined && hold(told)
  }

  async function askHealth (): Promise<void> {
    health = await ask<Answer>('health', Infinity, health !== undefined) ?? health
  }

  async function askReady (): Promise<void> {
    ready = await ask<Answer>('ready', Infinity, ready !== undefined) ?? ready
  }

  return {
    mirror,
    scrape,
    learn: async () => { await Promise.all([readClient(), askHealth(), askReady()]) },
    health: async () => {
      await askHealth()
      const late = blocked()
      if (late === undefined && health !== undefined) return health
      const message = late === undefined ? 'Application is running' : `Event loop is blocked for ${late} s`
      const status = late === undefined ? 'healthy' : 'unhealthy'
      const checks = { ...health?.body['checks'] as object | undefined, application: { status, message } }
      return { status: late === undefined ? 200 : 503, body: { status, timestamp: Date.now() / 1000, checks } }
    },
    ready: async () => {
      await askReady()
      const late = blocked()
      if (late !== undefined) return { status: 503, body: { status: 'not_ready', reason: loopBlocked, seconds: late } }
      return ready ?? { status: 200, body: { status: 'ready' } }
    },
    live: () => {
      const late = watch.blockedMs()
      const place = watch.place()
      const stalls = watch.stalls().filter(({ seconds }) => seconds * 1000 >= stallMs)
      const stall = late < notReadyMs ? undefined : { seconds: seconds(late), ...place }
      const body = { ...stall !== undefined && { stall }, stalls }
      if (late < livenessMs) return { status: 200, body: { status: 'alive', ...body } }
      return { status: 503, body: { status: 'not_alive', reason: loopBlocked, seconds: seconds(late), ...body } }
    }
  }
}

function seconds (ms: number): number {
  return Math.round(ms / 100) / 10
}
