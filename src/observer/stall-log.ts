import { clock } from '../clock.js'
import { describePlace, type Place } from './place.js'

/** Milliseconds from one line to the next, at the least, unless something worse happens. */
const restMs = 60_000

export interface StallLog {
  warn: (details: object, message: string) => void
}

/**
 * Logs what blocked the event loop, at most once a minute: stalls within the minute after a line are counted in the
 * next, unless their place is known or they last twice as long as the one that was logged.
 */
export function createStallLog (log: StallLog): (seconds: number, place: Place | undefined) => void {
  let loggedAt = -Infinity
  let logged = 0
  let others = 0

  return (seconds, place) => {
    const isSoon = clock() - loggedAt < restMs
    if (isSoon && place === undefined && seconds < 2 * logged) {
      others++
      return
    }
    const where = place === undefined ? '' : ` in ${describePlace(place)}`
    const more = others === 0 ? '' : `; ${others} more since the last line like this`
    log.warn(
      { seconds, ...place, ...others > 0 && { others } },
      `The event loop was blocked for ${seconds} s${where}${more}`
    )
    loggedAt = clock()
    logged = seconds
    others = 0
  }
}
