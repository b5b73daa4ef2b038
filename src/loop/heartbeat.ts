import inspector from 'node:inspector'
import { performance } from 'node:perf_hooks'
import { clock } from '../clock.js'
import { longestPeriodMs, periodMs, Pulse } from './pulse.js'

/** Milliseconds until the next beat after a late one, to see whether the event loop has recovered. */
const againMs = 10
/** Milliseconds between signs of life while a caller waits for an answer. */
const hurryMs = 20
/** Milliseconds by which a beat may come early, so that it wakes the event loop together with another timer. */
const earlyMs = 5
/** Milliseconds by which the beat is due after that timer: timers are rounded, and the other one has to fire first. */
const afterMs = 2

export interface Beat {
  /** Milliseconds by which the beat was late. */
  readonly lateMs: number
  /**
   * Milliseconds for which the event loop was blocked before the beat: its lateness, or where that is more, its active
   * time since the beat before or the last begin of work. That is up to one period too much in a loop that did other
   * things just before.
   */
  readonly blockedMs: number
}

/**
 * Watches the event loop of this thread, once for all apps, with a timer: two beats a second, more the busier the loop
 * is, and a hundred while beats are late.
 */
class Heartbeat {
  readonly pulse = new Pulse()
  readonly #listeners = new Map<(beat: Beat) => void, number>()
  #timer: NodeJS.Timeout | undefined
  #due = 0
  #last = 0
  #before = 0
  #activeMs = 0
  #beatAt = 0
  #anchor = 0
  #waiting = 0
  #hurry: NodeJS.Timeout | undefined

  /**
   * Calls a listener at each beat from now on. Returns a function that stops it.
   * @param mostMs - milliseconds between two beats at the most, unless the loop is late
   */
  listen (listener: (beat: Beat) => void, mostMs = longestPeriodMs): () => void {
    this.#listeners.set(listener, mostMs)
    if (this.#listeners.size === 1) this.#start()
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stop()
    }
  }

  /**
   * Milliseconds by which the event loop is late now: the lesser delay of the last two beats, or of the last beat and
   * the time since the next was due. So one stall that is over does not count, and a loop that is late again and again
   * does.
   */
  delayMs (): number {
    if (this.#timer === undefined) return 0
    const running = clock() - this.#due
    return running > againMs ? Math.min(this.#last, running) : Math.min(this.#before, this.#last)
  }

  /**
   * To be called by a timer that fires at regular intervals: from now on beats come right after it. Waking up is most
   * of what an idle service costs, and so one wake serves both.
   */
  fallIn (): void {
    if (this.#timer === undefined) return
    const now = clock()
    this.#anchor = now + afterMs
    if (this.#due > now + earlyMs) return
    // Node.js wakes the event loop for a cleared timer, too, if that is unref'd.
    clearTimeout(this.#timer.ref())
    this.#beat()
  }

  /**
   * Signs of life are given every 20 ms until the promise is settled, so that the observer does not take the wait for
   * an answer for a blocked event loop. Resolves or rejects as the promise does.
   */
  async signUntil<T> (worked: Promise<T>): Promise<T> {
    this.#waiting++
    // Most answers are there by then. A timer is only made for the others, since even a cleared one wakes the event
    // loop.
    const soon = setImmediate(() => { this.#hurry ??= setInterval(() => { this.pulse.sign() }, hurryMs) })
    try {
      return await worked
    } finally {
      clearImmediate(soon)
      if (--this.#waiting === 0) {
        clearInterval(this.#hurry)
        this.#hurry = undefined
      }
    }
  }

  #start (): void {
    this.#last = this.#before = 0
    this.#anchor = this.#beatAt = clock()
    this.#activeMs = performance.eventLoopUtilization().active
    this.#schedule(longestPeriodMs)
  }

  #stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.pulse.expect(0)
  }

  /** Schedules the next beat a whole number of periods after the anchor, of the shortest that somebody wants. */
  #schedule (mostMs: number): void {
    const ms = Math.min(mostMs, ...this.#listeners.values())
    const passed = clock() - this.#anchor
    this.#scheduleIn(ms - (passed + earlyMs) % ms + earlyMs)
  }

  #scheduleIn (ms: number): void {
    this.#due = clock() + ms
    this.pulse.sign()
    this.pulse.expect(this.#due)
    this.pulse.debugged = inspector.url() !== undefined
    this.#timer = setTimeout(() => { this.#beat() }, ms)
    this.#timer.unref()
  }

  #beat (): void {
    const now = clock()
    const { active } = performance.eventLoopUtilization()
    const activeMs = active - this.#activeMs
    const busyShare = activeMs / (now - this.#beatAt)
    const lateMs = Math.max(0, now - this.#due)
    const blockedMs = Math.max(lateMs, Math.min(activeMs, this.pulse.sinceBeginMs()))
    this.#before = this.#last
    this.#last = lateMs
    this.#activeMs = active
    this.#beatAt = now
    if (lateMs > againMs) this.#scheduleIn(againMs)
    else this.#schedule(periodMs(busyShare))
    for (const listener of this.#listeners.keys()) listener({ lateMs, blockedMs })
  }
}

export type { Heartbeat }

export const heartbeat = new Heartbeat()
