import type { AddressInfo } from 'node:net'
import { codeOf } from '../error-code.js'
import { heartbeat, type Beat } from '../loop/heartbeat.js'
import type { Catalogue } from '../metrics/catalogue.js'
import type { ValueCell } from '../metrics/cell.js'
import type { Wanted } from '../metrics/exposition/negotiate.js'
import type { Served } from '../metrics/naming/served.js'
import type { Growth } from '../metrics/catalogue-view.js'
import { checkOptions } from '../plugin/options.js'
import { addressOptions, type Address } from './address.js'
import { setMainState } from './main-state.js'
import { startObserverThread, type ObserverThread } from './observer-thread.js'
import type { Place } from './place.js'
import type {
  Answer,
  GrowRequest,
  ListenRequest,
  OpenRequest,
  Question,
  ScrapeRequest,
  ScrapeResponse
} from './protocol.js'

/** First and longest pause, in milliseconds, before an observer that died is started again; it doubles each time. */
const [firstPauseMs, lastPauseMs] = [100, 30_000]
/** Milliseconds of life after which its death counts as the first again. */
const healthyMs = 60_000

const startedAgain = 'The observer ended by itself; it is started again'
const noFile = 'The observer has no file to run, so that metrics are rendered on the main thread: ' +
  'was fastify-vitals bundled? Leave it out of the bundle, as plugins/README.md says'

export interface ObservedApp {
  readonly catalogue: Catalogue
  readonly served: Served
  /** Milliseconds after which a stall is looked into. */
  readonly stallMs: number
  /** Milliseconds of a stall after which the process is not alive. */
  readonly livenessMs: number
  /**
   * Refreshes what is not recorded as it happens, and returns the text of what the app's prom-client holds; not as a
   * promise where that is nothing.
   */
  readonly client: () => string | Promise<string>
  /** Told when the event loop has been blocked for long, and at what if that is known. */
  readonly onStall: (seconds: number, place: Place | undefined) => void
  /** Told when the observer died, and what becomes of it. */
  readonly onDeath: (error: Error, message: string) => void
  /** Told when it does not serve the app, such as when another has taken its port meanwhile. */
  readonly onFailure: (error: Error) => void
}

/** An app's part in the observer, a thread that all apps of the process share. */
export interface Observer {
  /** The port for operators; undefined when it is not open. */
  readonly port: () => number | undefined
  /**
   * Opens the port for operators. Rejects when the address cannot be had, or another port is open, and with a TypeError
   * when an option is wrong.
   */
  listen: (address: Address) => Promise<AddressInfo>
  /** Has the thread serve metrics and watch the event loop from now on. */
  start: () => void
  /** Answers a probe that the port for operators is asked. */
  answer: (question: Exclude<Question, 'client'>, answer: () => Promise<Answer>) => void
  /** Has the thread ask again for the health that it repeats while main is blocked; to be called when that changed. */
  learn: () => void
  /** Renders the app's metrics in the thread. Rejects where there is none. */
  scrape: (wanted: Wanted, client: string) => Promise<ScrapeResponse>
  /** Leaves the observer, which ends with the last app. */
  close: () => Promise<void>
}

interface Member {
  readonly app: ObservedApp
  readonly number: number
  readonly answers: Partial<Record<Question, () => unknown>>
  readonly up: ValueCell
  readonly restarts: ValueCell
  address: Address | undefined
  unfollow: (() => void) | undefined
}

const members = new Map<number, Member>()
let thread: ObserverThread | undefined
let unlisten: (() => void) | undefined
let restart: NodeJS.Timeout | undefined
let startedAt = 0
let pauseMs = firstPauseMs
let numbers = 0

/**
 * Prepares an app to be observed; no thread runs before `start` or `listen`. Throws a TypeError when the app's
 * catalogue is observed already.
 */
export function observe (app: ObservedApp): Observer {
  const { catalogue } = app
  const member: Member = {
    app,
    number: ++numbers,
    answers: { client: app.client },
    up: catalogue.value('metrics.observer.up').cell(),
    restarts: catalogue.value('metrics.observer.restarts').cell(),
    address: undefined,
    unfollow: undefined
  }

  let isListening = false

  async function join (): Promise<void> {
    if (members.has(member.number)) return
    members.set(member.number, member)
    if (thread === undefined) startThread()
    else await open(thread, member)
  }

  async function listen (address: Address): Promise<AddressInfo> {
    await join()
    return await (thread as ObserverThread).call<AddressInfo>(
      'listen',
      { ...address, app: member.number } satisfies ListenRequest
    )
  }

  return {
    port: () => member.address?.port,
    listen: async address => {
      checkOptions('observer.listen', addressOptions, address)
      if (isListening) throw new Error('observer.listen is called twice: an app has one port for operators')
      isListening = true
      const bound = await listen(address).catch(error => {
        isListening = false
        throw error
      })
      // If it dies, the next one has the same port.
      member.address = { ...address, port: bound.port }
      return bound
    },
    start: () => {
      unlisten ??= heartbeat.listen(onBeat)
      join().catch(error => { failed(member, error) })
    },
    answer: (question, answer) => {
      member.answers[question] = async () => await heartbeat.signUntil(answer())
    },
    learn: () => { if (member.address !== undefined) thread?.call('learn', member.number).catch(() => {}) },
    scrape: async (wanted, client) => {
      if (thread === undefined || !members.has(member.number)) throw new Error('There is no observer')
      return await thread.call<ScrapeResponse>('scrape', { app: member.number, wanted, client } satisfies ScrapeRequest)
    },
    close: async () => {
      if (!members.delete(member.number)) return
      member.unfollow?.()
      member.up.set(0)
      if (members.size === 0) await endThread()
      else await thread?.call('close', member.number).catch(() => {})
    }
  }
}

function startThread (): void {
  startedAt = performance.now()
  const answer = (question: Question) => (number: number) => {
    heartbeat.pulse.sign()
    return members.get(number)?.answers[question]?.()
  }
  thread = startObserverThread({ client: answer('client'), health: answer('health'), ready: answer('ready') }, onDeath)
  for (const member of members.values()) open(thread, member).catch(error => { failed(member, error) })
}

function failed (member: Member, error: Error): void {
  // That it died is told already.
  if (thread !== undefined) member.app.onFailure(error)
}

async function endThread (): Promise<void> {
  const ending = thread
  thread = undefined
  clearTimeout(restart)
  unlisten?.()
  unlisten = undefined
  await ending?.end()
}

/** Tells a thread of all that an app has, and from then on of what is new. */
async function open (to: ObserverThread, member: Member): Promise<void> {
  const { app: { served, stallMs, livenessMs, catalogue }, number, address } = member
  const { mainNeeded: { memory: mainNeeded } } = catalogue
  const opened = to.call('open', { app: number, served, mainNeeded, stallMs, livenessMs } satisfies OpenRequest)
  let growth: Growth[] = []
  const send = () => {
    const sent = growth
    growth = []
    if (to === thread) to.call('grow', { app: number, growth: sent } satisfies GrowRequest).catch(() => {})
  }
  member.unfollow?.()
  member.unfollow = catalogue.follow(each => {
    if (growth.push(each) === 1) queueMicrotask(send)
  })
  member.up.set(1)
  await opened
  if (address !== undefined) await to.call('listen', { ...address, app: number } satisfies ListenRequest)
}

function onDeath (error: Error): void {
  thread = undefined
  // It would not be there the next time either.
  const again = !['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(codeOf(error) ?? '')
  pauseMs = performance.now() - startedAt > healthyMs ? firstPauseMs : Math.min(lastPauseMs, pauseMs * 2)
  for (const { app, up, restarts, unfollow } of members.values()) {
    unfollow?.()
    // What the observer told last would be told until there is another.
    setMainState(app.catalogue, { ageMs: 0, lateMs: 0 })
    up.set(0)
    restarts.add(1)
    app.onDeath(error, again ? startedAgain : noFile)
  }
  if (!again) return
  restart = setTimeout(startThread, pauseMs)
  restart.unref()
}

function onBeat ({ lateMs, blockedMs }: Beat): void {
  const apps = [...members.values()].map(({ app }) => app)
  // What the observer suspected and looked into, with the loop late for half of a stall, may be none.
  if (!apps.some(({ stallMs }) => Math.max(blockedMs, 2 * lateMs) >= stallMs)) return
  const seconds = Math.floor(blockedMs) / 1000
  const tell = (place?: Place) => {
    for (const { stallMs, onStall } of apps) if (blockedMs >= stallMs) onStall(seconds, place)
  }
  if (thread === undefined) tell()
  else thread.call<Place | undefined>('recovered', seconds).then(tell, () => { tell() })
}
