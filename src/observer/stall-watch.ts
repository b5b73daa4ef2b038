import { writeSync } from 'node:fs'
import { clock } from '../clock.js'
import type { Pulse } from '../loop/pulse.js'
import { busiestPlace, describePlace, type Place, type Sample } from './place.js'
import { sampleStacks } from './stack-samples.js'
import type { StallLimits } from './stall-limits.js'

/** Longest time between two looks, in milliseconds: an app with shorter limits may join meanwhile. */
const mostBetweenMs = 2000
/** The same, while the loop is not watched yet: an app may listen at any time, and be stuck at once. */
const mostBeforeMs = 200
/** Shortest time between two looks, in milliseconds. Each is that much later than the moment that it waits for. */
const leastBetweenMs = 20
/** Milliseconds from one stall that is looked into to the next, at the least. */
const restMs = 60_000
/** Milliseconds that a stall to be told of is looked into at the most, before it is told of without a place. */
const placeMs = 500
/** Stalls that are remembered. */
const mostKept = 5

/** A time during which the event loop was blocked. */
export interface Stall extends Partial<Place> {
  /** When it was over. */
  readonly at: string
  readonly seconds: number
}

export interface StallWatch {
  /** Milliseconds for which the loop has been blocked at the least, at this moment. */
  blockedMs: () => number
  /** What the loop is stuck on at this moment, by the samples so far; undefined where there is none. */
  place: () => Place | undefined
  /** The last stalls that are over, the latest first. */
  stalls: () => readonly Stall[]
  /**
   * Notes for how long the loop was blocked, once it is not, and tells what it was at when that is known. Less than a
   * stall is forgotten.
   */
  over: (seconds: number) => Promise<Place | undefined>
}

/**
 * Watches main's event loop from another thread, and finds out what it is stuck on.
 * @param isInspectable - whether main is the thread whose inspector can be had: the process's main thread
 */
export function createStallWatch (pulse: Pulse, isInspectable: boolean, limits: () => StallLimits): StallWatch {
  const kept: Stall[] = []
  let samples: Sample[] = []
  let looking: Promise<void> | undefined
  let ended: AbortController | undefined
  let lookedAt = -Infinity
  let told = false
  let nextLook: NodeJS.Timeout | undefined

  function look () {
    const { stallMs, livenessMs } = limits()
    const dueMs = pulse.dueMs()
    const late = Math.max(0, -dueMs)
    const stallInMs = pulse.suspectedIn(stallMs)
    if (stallInMs <= 0) lookInto()
    if (late >= livenessMs && !told && (samples.length > 0 || late >= livenessMs + placeMs)) tell(late)
    // When the beat that is due next would be too late. A loop that is well has had it by then.
    const next = Math.min(...[stallInMs, dueMs + livenessMs, dueMs + livenessMs + placeMs].filter(ms => ms > 0))
    const mostMs = dueMs === Infinity ? mostBeforeMs : mostBetweenMs
    clearTimeout(nextLook)
    nextLook = setTimeout(look, Math.min(mostMs, next + leastBetweenMs)).unref()
  }

  function lookInto () {
    if (!isInspectable || looking !== undefined || pulse.debugged || clock() - lookedAt < restMs) return
    lookedAt = clock()
    ended = new AbortController()
    looking = sampleStacks(samples, () => pulse.lateMs() > 0, ended.signal).catch(() => {})
  }

  function tell (late: number) {
    told = true
    const place = busiestPlace(samples)
    const where = place === undefined ? '' : ` in ${describePlace(place)}`
    // Not through main's logger, which is stuck as well.
    writeSync(2, `fastify-vitals: the event loop has been blocked for ${(late / 1000).toFixed(1)} s${where}\n`)
  }

  async function over (seconds: number): Promise<Place | undefined> {
    const isStall = seconds * 1000 >= limits().stallMs
    // What was no stall does not keep the next one from being looked into.
    if (!isStall && looking !== undefined) lookedAt = -Infinity
    ended?.abort()
    await looking
    const place = busiestPlace(samples)
    samples = []
    looking = undefined
    told = false
    // The look that is due was for what is over, and the next stall may begin at once.
    look()
    if (!isStall) return undefined
    kept.unshift({ at: new Date().toISOString(), seconds, ...place })
    kept.length = Math.min(kept.length, mostKept)
    return place
  }

  look()
  return { blockedMs: () => pulse.lateMs(), place: () => busiestPlace(samples), stalls: () => kept, over }
}
