export type Kind = 'stall' | 'restart' | 'shed' | 'alert'

/** An event that all charts mark, such as a stall or an alert. Times are seconds since 1970. */
export interface Happening {
  /** Unique for each event. */
  key: string
  kind: Kind
  from: number
  /** When it was over; null while it lasts. */
  until: number | null
  /** How many requests were shed, or how many alerts of one name these are. */
  count?: number
  /** The function that a stall was in, or the name of an alert. */
  what?: string
  /** Id and severity of an alert. */
  id?: string
  severity?: string | null
}

const most = 200

/**
 * Returns the events with others added, in order of time. An event replaces the one with its key. At most 200 are kept,
 * the newest, and none that was over before `oldest`.
 */
export function withHappenings (known: readonly Happening[], added: readonly Happening[], oldest = 0): Happening[] {
  const all = new Map([...known, ...added].map(each => [each.key, each]))
  return [...all.values()].filter(({ until }) => until === null || until >= oldest)
    .sort((a, b) => a.from - b.from)
    .slice(-most)
}

/** Seconds without shed requests after which the next ones are another burst. */
const calm = 10

/** Returns the event of a burst of shed requests: the last burst prolonged, or a new one. */
export function shedBurst (known: readonly Happening[], from: number, until: number, count: number): Happening {
  const last = known.findLast(({ kind }) => kind === 'shed')
  if (last?.until != null && from - last.until < calm) return { ...last, until, count: (last.count ?? 0) + count }
  return { key: `shed ${from}`, kind: 'shed', from, until, count }
}
