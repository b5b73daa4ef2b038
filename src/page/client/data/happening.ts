export type Kind = 'stall' | 'restart' | 'shed' | 'alert'

/** An event that all charts mark, such as a stall or an alert. Times are in seconds since 1970. */
export interface Happening {
  /** Identifies the event. */
  key: string
  kind: Kind
  from: number
  /** When it was over; null while it lasts. */
  until: number | null
  /** The number of requests that were shed, or of alerts of one name that this stands for. */
  count?: number
  /** The function that a stall was in, or the name of an alert. */
  what?: string
  /** The id and severity of an alert. */
  id?: string
  severity?: string | null
}

const most = 200

/**
 * Returns events with others added, in order of time. An added event replaces the one with the same key. Only the
 * newest 200 are kept, and none that was over before `oldest`.
 */
export function withHappenings (known: readonly Happening[], added: readonly Happening[], oldest = 0): Happening[] {
  const all = new Map([...known, ...added].map(each => [each.key, each]))
  return [...all.values()].filter(({ until }) => until === null || until >= oldest)
    .sort((a, b) => a.from - b.from)
    .slice(-most)
}

/** Seconds without shed requests after which the next ones begin another burst. */
const calm = 10

/** Returns the event of shed requests: the last burst, prolonged, or a new one. */
export function shedBurst (known: readonly Happening[], from: number, until: number, count: number): Happening {
  const last = known.findLast(({ kind }) => kind === 'shed')
  if (last?.until != null && from - last.until < calm) return { ...last, until, count: (last.count ?? 0) + count }
  return { key: `shed ${from}`, kind: 'shed', from, until, count }
}
