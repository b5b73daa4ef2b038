// Alertmanager tells that an alert fires, and mostly that it is resolved. What it does not tell of is an alert that
// resolves while it is silenced or inhibited, or while Alertmanager restarts. So an episode, which is one time that an
// alert fires, is known by what is heard:
//  1. A start that is known, or that lies within a known episode, is that episode's: of two Prometheus servers one
// began later. Of an episode that still fires, an end that is told by such a start is its own, too.
//  2. A start before that of an episode is that episode's, too: Alertmanager takes the earliest of what it is told by
// several.
//  3. Another start after that of an episode which fires ends it, not confirmed, for an alert fires once at a time.
//  4. What is over fires again when Alertmanager says so: it had not heard of Prometheus for a while, and took that for
// the end.
//     But words of two Alertmanagers may overtake each other, so that one which is late tells of what is over: see
// `believed`.

export type Status = 'firing' | 'resolved' | 'stale'

/** One time that an alert fires. Times are in microseconds since 1970. */
export interface Episode {
  /** Undefined while it is not stored. */
  readonly id?: string
  readonly status: Status
  readonly startsAt: bigint
  /** Null while it fires. */
  readonly endsAt: bigint | null
  readonly lastHeardAt: bigint
  /** The Alertmanager and its group that last told of it; null when not known. */
  readonly heardIn: string | null
}

/** What Alertmanager says of an alert in one webhook. */
export interface Mention {
  startsAt: bigint
  /** Null when it fires. */
  endsAt: bigint | null
  /** When the webhook came. */
  at: bigint
  /** The Alertmanager and its group. */
  heardIn: string
}

export type Outcome = 'created' | 'resolved' | 'reopened' | 'unchanged'

export interface Heard {
  outcome: Outcome
  /** The episodes afterwards, by start; unchanged ones are the same objects. */
  episodes: readonly Episode[]
}

/**
 * Microseconds by which the webhook of one Alertmanager may come later than another's: each waits 15 s for the one
 * before it (--cluster.peer-timeout).
 */
export const latest = 60_000_000n

/**
 * Microseconds by which two Prometheus servers may see an alert start at different times: one evaluation of its rule, 1
 * minute by default.
 */
const apart = 60_000_000n

/** Applies a mention to the known episodes of its alert, by start: those around its start, and whichever fires. */
export function hear (known: readonly Episode[], mention: Mention): Heard {
  const target = episodeOf(known, mention)
  if (target === undefined) return begin(known, mention)
  return mention.endsAt === null ? fire(known, target, mention) : resolve(known, target, mention, mention.endsAt)
}

/** Returns the episode as stale: nothing more is heard of it. */
export function grownStale (episode: Episode, before: bigint = episode.lastHeardAt): Episode {
  return { ...episode, status: 'stale', endsAt: max(episode.startsAt, min(episode.lastHeardAt, before)) }
}

function episodeOf (known: readonly Episode[], { startsAt, endsAt }: Mention): Episode | undefined {
  return known.find(episode => episode.startsAt === startsAt) ??
    known.findLast(episode => episode.startsAt < startsAt && holds(episode, startsAt, endsAt)) ??
    known.find(episode => episode.startsAt > startsAt && (endsAt === null || episode.startsAt <= endsAt))
}

function holds ({ status, startsAt, endsAt }: Episode, start: bigint, end: bigint | null): boolean {
  return status === 'firing'
    ? end !== null && start - startsAt < apart
    : status === 'resolved' && (endsAt as bigint) > start
}

function begin (known: readonly Episode[], { startsAt, endsAt, at, heardIn }: Mention): Heard {
  const episode: Episode = {
    status: endsAt === null ? 'firing' : 'resolved',
    startsAt,
    endsAt,
    lastHeardAt: at,
    heardIn
  }
  return { outcome: 'created', episodes: sorted([...cutOff(known, startsAt), episode]) }
}

function fire (known: readonly Episode[], target: Episode, mention: Mention): Heard {
  const later = known.some(({ startsAt }) => startsAt > target.startsAt)
  if (target.status !== 'firing' && !believed(target, mention, later)) return { outcome: 'unchanged', episodes: known }
  const { at, heardIn } = mention
  const startsAt = min(target.startsAt, mention.startsAt)
  const firing: Episode = {
    ...target,
    status: 'firing',
    startsAt,
    endsAt: null,
    lastHeardAt: max(at, target.lastHeardAt),
    heardIn
  }
  const before = known.filter(episode => episode.startsAt < target.startsAt)
  return {
    outcome: target.status === 'firing' ? 'unchanged' : 'reopened',
    episodes: [...cutOff(before, startsAt), firing]
  }
}

/**
 * Whether an episode that was over really fires again, or this mention has come late. One Alertmanager sends the
 * mentions of a group in order.
 */
function believed ({ status, heardIn, lastHeardAt }: Episode, mention: Mention, later: boolean): boolean {
  if (status === 'stale' && !later) return true
  if (status === 'resolved' && later) return false
  return heardIn === mention.heardIn || mention.at - lastHeardAt > latest
}

function resolve (known: readonly Episode[], target: Episode, { startsAt, at, heardIn }: Mention, end: bigint): Heard {
  const start = min(startsAt, target.startsAt)
  const within = known.filter(episode => episode === target || (episode.startsAt > start && episode.startsAt <= end))
  const endsAt = within.reduce(
    (latest, { status, endsAt }) => status === 'resolved' && endsAt !== null ? max(latest, endsAt) : latest,
    end
  )
  if (target.status === 'resolved' && target.startsAt === start && target.endsAt === endsAt && within.length === 1) {
    return { outcome: 'unchanged', episodes: known }
  }
  const resolved: Episode = {
    ...target,
    status: 'resolved',
    startsAt: start,
    endsAt,
    lastHeardAt: max(at, target.lastHeardAt),
    heardIn
  }
  return {
    outcome: 'resolved',
    episodes: sorted([...cutOff(known.filter(episode => !within.includes(episode)), start), resolved])
  }
}

/** Ends, at a time, the episodes that began before it and are not known to be over. */
function cutOff (episodes: readonly Episode[], startsAt: bigint): Episode[] {
  return episodes.map(episode => {
    const over = episode.status === 'resolved' || (episode.endsAt !== null && episode.endsAt <= startsAt)
    return over || episode.startsAt >= startsAt ? episode : grownStale(episode, startsAt)
  })
}

function sorted (episodes: Episode[]): Episode[] {
  return episodes.toSorted((one, other) => one.startsAt < other.startsAt ? -1 : 1)
}

function min (one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

function max (one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
