export type Kind = 'stall' | 'restart' | 'shed' | 'alert'

/** Something that is marked on all charts. Times are seconds since 1970. */
export interface Happening {
  /** Tells it from others. */
  key: string
  kind: Kind
  from: number
  /** Null while it goes on. */
  until: number | null
  /** How many requests were shed, or how many alerts of one name these are. */
  count?: number
  /** What a stall was stuck on, or the name of an alert. */
  what?: string
  /** Of an alert. */
  id?: string
  severity?: string | null
}

const most = 200

/**
 * Adds happenings, in place of those with the same key, in order of time; the oldest are dropped past some 200, and
 * before `oldest`.
 */
export function withHappenings (known: readonly Happening[], added: readonly Happening[], oldest = 0): Happening[] {
  const all = new Map([...known, ...added].map(each => [each.key, each]))
  return [...all.values()].filter(({ until }) => until === null || until >= oldest)
    .sort((a, b) => a.from - b.from)
    .slice(-most)
}

/** Seconds of calm after which shedding is another burst. */
const calm = 10

/** Makes the happening of a burst of shed requests, or one more of what the last burst already is. */
export function shedBurst (known: readonly Happening[], from: number, until: number, count: number): Happening {
  const last = known.findLast(({ kind }) => kind === 'shed')
  if (last?.until != null && from - last.until < calm) return { ...last, until, count: (last.count ?? 0) + count }
  return { key: `shed ${from}`, kind: 'shed', from, until, count }
}
