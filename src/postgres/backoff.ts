export interface Pauses {
  shortestMs: number
  longestMs: number
}

/**
 * Milliseconds to wait after so many failures in a row: doubled with each, and from half of that to all of it at
 * random ("equal jitter"), so that clients that have lost a server together do not come back together.
 */
export function backoff (failures: number, { shortestMs, longestMs }: Pauses): number {
  return Math.min(shortestMs * 2 ** (failures - 1), longestMs) * (0.5 + Math.random() / 2)
}
