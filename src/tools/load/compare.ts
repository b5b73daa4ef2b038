import { isProbe, probeView } from '../../metrics/naming/probes.js'
import { countEnded, type Ended } from '../shared/requests.js'
import type { LoadRequest } from './mix.js'

export interface Line {
  /** Method and route. */
  name: string
  sent: number
  counted: number
}

/**
 * Compares what was sent with what the service has counted since, by method and route. Requests of other routes are not
 * ours.
 */
export function compare (requests: LoadRequest[], sent: number[], before: Ended[], after: Ended[]): Line[] {
  const lines = new Map<string, Line>()
  const probesAreOne = after.some(({ route }) => route === probeView)
  for (const [index, request] of requests.entries()) {
    const { method } = request
    const route = probesAreOne && isProbe(request.route) ? probeView : request.route
    const name = `${method} ${route}`
    const line = lines.get(name) ??
      { name, sent: 0, counted: countEnded(after, method, route) - countEnded(before, method, route) }
    // Each connection asks the requests in turn, beginning with the first.
    for (const count of sent) line.sent += Math.floor((count + requests.length - 1 - index) / requests.length)
    lines.set(name, line)
  }
  return [...lines.values()]
}

/** Whether each line's counts are equal. */
export function isEqual (lines: Line[]): boolean {
  return lines.every(({ sent, counted }) => sent === counted)
}

/** Adds the counts of all lines up. */
export function totals (lines: Line[]): { sent: number, counted: number } {
  return lines.reduce(
    (sum, { sent, counted }) => ({ sent: sum.sent + sent, counted: sum.counted + counted }),
    { sent: 0, counted: 0 }
  )
}
