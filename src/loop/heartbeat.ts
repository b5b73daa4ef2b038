import inspector from 'node:inspector'
import { performance } from 'node:perf_hooks'
import { clock } from '../clock.js'
import { busyPeriodMs, idlePeriodMs, Pulse } from './pulse.js'

/** Milliseconds to the next beat after one that was late, to see whether the loop is well again. */
const againMs = 10
/** Share of the time that the loop has to be busy for beats to come with the shorter period. */
const busyShare = 0.01
/** Milliseconds between signs of life while somebody waits for an answer. */
const hurryMs = 20
/** Milliseconds by which a beat may come early, to share a wake of the loop with another timer. */
const earlyMs = 5
/** Milliseconds after that timer at which the beat is due: timers are rounded, and the other one has to come first. */
const afterMs = 2

export interface Beat {
  /** Milliseconds by which it was late. */
  readonly lateMs: number
  /** Milliseconds for which the loop was blocked: for as long as it was active since the last beat, at the most. */
  readonly blockedMs: number
}

/**
 * The one watch of the event loop of this thread, which all apps share: a timer that takes two turns a second, four
 * while the loop has work to do, and more only while it finds it late.
 */
class Heartbeat {
  readonly pulse = new Pulse()
  readonly #listeners = new Set<(beat: Beat) => void>()
  #timer: NodeJS.Timeout | undefined
  #due = 0
  #last = 0
  #before = 0
  #activeMs = 0
  #beatAt = 0
  #anchor = 0
  #waiting = 0
  #hurry: NodeJS.Timeout | undefined

  /** Calls a listener at each beat. What came before does not count. Returns what ends it. */
  listen (listener: (beat: Beat) => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#start()
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stop()
    }
  }

  /**
   * Milliseconds by which the loop is late as it is now: by which it was at the last two readings, or has been since
   * the last. So a single stall that is over does not count, and a loop that is late again and again does.
   */
  delayMs (): number {
    if (this.#timer === undefined) return 0
    const running = clock() - this.#due
    return running > againMs ? Math.min(this.#last, running) : Math.min(this.#before, this.#last)
  }

  /**
   * Called by a timer that fires at regular intervals: beats come together with it from now on. Most of what an idle
   * service costs is waking up, so one wake does for both.
   */
  fallIn (): void {
    if (this.#timer === undefined) return
    const now = clock()
    this.#anchor = now + afterMs
    if (this.#due > now + earlyMs) return
    // For an unref'd timer that is cleared Node.js wakes the loop all the same.
    clearTimeout(this.#timer.ref())
    this.#beat()
  }

  /** Gives signs of life more often until a promise is settled, which it returns. */
  async signUntil<T> (worked: Promise<T>): Promise<T> {
    this.#waiting++
    // Most answers are there by then. Others get a timer, which wakes the loop even after it was cleared.
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
    this.#scheduleIn(idlePeriodMs)
  }

  #stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.pulse.expect(0)
  }

  /** Schedules the next beat a whole number of periods after the anchor. */
  #schedule (periodMs: number): void {
    const passed = clock() - this.#anchor
    this.#scheduleIn(periodMs - (passed + earlyMs) % periodMs + earlyMs)
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
    const lateMs = Math.max(0, now - this.#due)
    const { active } = performance.eventLoopUtilization()
    const [activeMs, passedMs] = [active - this.#activeMs, now - this.#beatAt]
    const blockedMs = Math.max(lateMs, Math.min(activeMs, passedMs))
    this.#before = this.#last
    this.#last = lateMs
    this.#activeMs = active
    this.#beatAt = now
    if (lateMs > againMs) this.#scheduleIn(againMs)
    else this.#schedule(activeMs > busyShare * passedMs ? busyPeriodMs : idlePeriodMs)
    for (const listener of this.#listeners) listener({ lateMs, blockedMs })
  }
}

export type { Heartbeat }

export const heartbeat = new Heartbeat()
