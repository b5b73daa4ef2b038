import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { grownStale, hear, type Episode, type Heard, type Mention, type Status } from '../../src/journal/episodes.js'
import { covered, timing, words, type History, type Span } from '../fixtures/alertmanager-model.js'

const second = 1_000_000n
/** Seconds without a word after which an alert is stale: above twice what a repeat takes at most. */
const staleAfter = 60

/** What the journal has in the end of each alert. */
function journal (history: History, repeated: boolean): Episode[][] {
  const known: Episode[][] = history.alerts.map(() => [])
  const each = (change: (episode: Episode) => Episode) => {
    for (const [alert, episodes] of known.entries()) known[alert] = episodes.map(change)
  }
  const told = words(history).flatMap(word => repeated ? [word, word] : [word])
  for (let now = 0; now <= timing.end + 2 * staleAfter; now++) {
    const at = BigInt(now) * second
    for (const word of told.filter(word => word.at === now)) {
      const heardIn = String(word.alertmanager)
      for (const { alert, startsAt, endsAt } of word.alerts) {
        const mention = {
          startsAt: BigInt(startsAt) * second,
          endsAt: endsAt === null ? null : BigInt(endsAt) * second,
          at,
          heardIn
        }
        known[alert] = [...hear(known[alert] ?? [], mention).episodes]
        if (known[alert].filter(({ status }) => status === 'firing').length > 1) {
          throw new Error('It fires twice at once')
        }
      }
      each(episode => episode.status === 'firing' && episode.heardIn === heardIn && episode.lastHeardAt < at
        ? grownStale(episode)
        : episode)
    }
    each(episode => episode.status === 'firing' && episode.lastHeardAt < at - BigInt(staleAfter) * second
      ? grownStale(episode)
      : episode)
  }
  return known
}

/** Seconds that they are said to have been firing, each for itself, as the summary adds them up. */
const total = (episodes: Episode[]) =>
  episodes.reduce(
    (sum, { startsAt, endsAt }) => sum + (endsAt === null ? Infinity : Number((endsAt - startsAt) / second)),
    0
  )

/** Spans that are apart from each other, within a history. */
const spans = (count: number, { least = 30, most = 120, apart = 30 } = {}) =>
  fc.array(
    fc.tuple(fc.integer({ min: apart, max: 150 }), fc.integer({ min: least, max: most })),
    { maxLength: count }
  ).map(pairs => {
    const times = pairs.flat().reduce<number[]>((times, seconds) => [...times, (times.at(-1) ?? 0) + seconds], [])
    return pairs.map((_, pair) => ({
      from: times[2 * pair] as number,
      to: times[2 * pair + 1] as number
    })).filter(({ to }) => to < timing.end - 100)
  })

/** A pair of Prometheus servers see the same, the second a little later or earlier. */
const pair = (firing: Span[], shift: number | null, cuts: Span[][] = []) => [
  { firing, cut: cuts }, ...shift === null
    ? []
    : [{ firing: firing.map(({ from, to }) => ({ from: from + shift, to: to + shift })), cut: cuts }]]
const shift = fc.option(fc.integer({ min: -9, max: 9 }))
const runs = Number(process.env['PROPERTY_RUNS'] ?? 1000)

t.test('what is told in full is known exactly, or as exactly as two Prometheus servers agree', async t => {
  fc.assert(fc.property(fc.array(spans(4), { minLength: 1, maxLength: 3 }), shift, fc.constantFrom<number[]>(
    [0],
    [2],
    [0, 15],
    [15, 0],
    [0, 0]
  ), fc.boolean(), (firing, shift, delays, repeated) => {
    const alerts = firing.map(spans => pair(spans, shift))
    const known = journal({ alerts, muted: [], restarts: [], delays }, repeated)
    for (const [alert, sources] of alerts.entries()) {
      const episodes = known[alert] ?? []
      if (episodes.some(({ status }) => status !== 'resolved')) throw new Error('Not all is resolved')
      const [real, kept] = [covered(sources.flatMap(({ firing }) => firing)), total(episodes)]
      // That the second ends later is not told where the first has ended all there is to tell of.
      if (kept > real || kept < real - Math.abs(shift ?? 0) * (sources[0]?.firing.length ?? 0)) {
        throw new Error(`It was firing for ${real} s, and is said to have been for ${kept} s`)
      }
    }
  }), { numRuns: runs })
})

/** Seconds that Alertmanager takes at most to tell of what it knows, with the word of another on top. */
const margin = timing.timeout + timing.flush + timing.repeat + 15

interface Disturbed {
  /** Of each alert, when it is firing, and when it is silenced or inhibited. */
  alerts: Array<{ firing: Span[], muted: Span[] }>
  /** Of each Alertmanager, when it cannot hear Prometheus, and when it starts anew. */
  cut: Span[][]
  restarts: number[][]
  delays: number[]
  /** Seconds that the second Prometheus server is later, or null when there is none. */
  shift: number | null
}

/**
 * Throws when an alert is not kept as one with an end that its history allows. Returns how many are to be known exactly
 * in spite of what was hidden in between, and how many within bounds.
 */
function checkDisturbed ({ alerts: all, cut, restarts, delays, shift }: Disturbed): { exact: number, bounded: number } {
  const counts = { exact: 0, bounded: 0 }
  const alerts = all.map(({ firing }) => pair(firing, shift, cut))
  const known = journal({ alerts, muted: all.map(({ muted }) => muted), restarts, delays }, false)
  const apart = Math.abs(shift ?? 0)
  for (const [alert, { firing, muted }] of all.entries()) {
    const episodes = (known[alert] ?? []).map(({
      status,
      startsAt,
      endsAt
    }) => ({ status, from: Number(startsAt / second), to: Number((endsAt ?? 0n) / second) }))
    const tell = (what: string) =>
      new Error(
        `${what}: it was firing ${JSON.stringify(firing)}, and is said to have been ${JSON.stringify(episodes)}`
      )
    if (episodes.some(({ status }) => status === 'firing')) throw tell('It fires for ever')
    const hidden = [...muted, ...cut.flat(), ...restarts.flat().map(at => ({ from: at, to: at }))]
    const isTold = (from: number, to: number) => !hidden.some(event => event.from <= to && event.to >= from)
    for (const { from, to } of firing) {
      const itsOwn = episodes.filter(episode => Math.abs(episode.from - from) <= apart)
      if (!isTold(from - apart, from + margin)) continue
      // What is hidden in between is made up for, since Alertmanager tells the start again.
      const isExact = isTold(to - margin, to + margin)
      const within = hidden.filter(event => event.from > from && event.from < to)
      // It was surely told before the last time that was long enough without anything hidden.
      const told = Math.max(
        from + margin,
        ...[to, ...within.map(event => event.from)].filter(at => isTold(at - margin, at - 1))
      )
      const mutedAtEnd = muted.find(event => event.from <= to && event.to >= to + margin)
      const latest = mutedAtEnd === undefined ? to + margin : mutedAtEnd.from + timing.flush + 15
      const [least, most] = isExact ? [to - apart, to + apart] : [Math.min(told, to) - margin, latest + apart]
      counts[isExact && within.length > 0 ? 'exact' : 'bounded']++
      if (itsOwn.length !== 1 || itsOwn.some(episode => episode.to < least || episode.to > most)) {
        throw tell(`${from} to ${to} should be one, with an end from ${least} to ${most}`)
      }
    }
    for (const episode of episodes) {
      if (!firing.some(({ from, to }) => Math.abs(episode.from - from) <= apart &&
        episode.to <= to + apart + margin)) {
        throw tell(`Nothing was firing as from ${episode.from} to ${episode.to}`)
      }
    }
  }
  return counts
}

t.test('what is hidden in the midst of an alert is made up for, and at its end bounded', async t => {
  const firing = [{ from: 50, to: 400 }]
  const quiet: Disturbed = {
    alerts: [{ firing, muted: [] }],
    cut: [[], []],
    restarts: [[], []],
    delays: [0],
    shift: null
  }
  for (const [at, counts] of [[200, { exact: 1, bounded: 0 }], [390, { exact: 0, bounded: 1 }]] as const) {
    const span = { from: at, to: at + 40 }
    for (const [what, hidden] of Object.entries({
      muted: { alerts: [{ firing, muted: [span] }] },
      cut: { cut: [[span], []] },
      restarted: { restarts: [[at], []] }
    })) t.strictSame(checkDisturbed({ ...quiet, ...hidden }), counts, `${what} at ${at} s`)
  }
})

t.test('what is not told is bounded, and nothing fires for ever', async t => {
  const long = spans(3, { least: 100, most: 400 })
  const none = fc.constant<Span[]>([])
  const alerts = fc.array(
    fc.record({ firing: long, muted: fc.oneof(none, none, spans(2)) }),
    { minLength: 1, maxLength: 3 }
  )
  const cut = fc.oneof(fc.constant<Span[][]>([[], []]), fc.array(spans(2), { minLength: 2, maxLength: 2 }))
  const restarts = fc.oneof(
    fc.constant<number[][]>([[], []]),
    fc.array(fc.array(fc.integer({ min: 1, max: timing.end }), { maxLength: 1 }), { minLength: 2, maxLength: 2 })
  )
  const delays = fc.constantFrom<number[]>([0], [0, 15])
  fc.assert(fc.property(fc.record({ alerts, cut, restarts, delays, shift }), disturbed => {
    checkDisturbed(disturbed)
  }), { numRuns: runs })
})

t.test('a second Prometheus server, by whose start alone the end is told, makes no second episode', async t => {
  const [one] = journal({
    alerts: [pair([{ from: 78, to: 271 }], -7)],
    muted: [[]],
    restarts: [[275]],
    delays: [0]
  }, false)
  t.match(one, [{ status: 'resolved', startsAt: 71n * second, endsAt: 271n * second }])
  t.equal(one?.length, 1)
})

t.test('what is told twice at once, and in any order, ends the same', async t => {
  const mention = fc.record({ startsAt: fc.constantFrom(100n, 200n), endsAt: fc.constantFrom(150n, 250n, 260n) })
  fc.assert(fc.property(fc.array(mention, { minLength: 1, maxLength: 4 }).chain(list => fc.tuple(
    fc.constant(list),
    fc.shuffledSubarray(list, { minLength: list.length })
  )), ([one, other]) => {
    const end = (list: Array<{ startsAt: bigint, endsAt: bigint }>) =>
      list.filter(({ startsAt, endsAt }) => startsAt <= endsAt)
        .reduce<Episode[]>(
          (known, { startsAt, endsAt }) => [...hear(known, { startsAt, endsAt, at: 300n, heardIn: 'a' }).episodes],
          []
        )
    assert.deepEqual(end(one), end(other))
  }), { numRuns: runs })
})

t.test('by hand: of a start that is known, or that belongs to a known one', async t => {
  const minute = 60_000_000n
  const at = (minutes: number) => BigInt(Math.round(minutes * 1000)) * minute / 1000n
  const known = (status: Status, from: number, to: number | null, heard: number): Episode => ({
    id: `${from}`, status, startsAt: at(from), endsAt: to === null ? null : at(to), lastHeardAt: at(heard), heardIn: 'a'
  })
  const told = (from: number, to: number | null, heard: number, heardIn = 'a'): Mention =>
    ({ startsAt: at(from), endsAt: to === null ? null : at(to), at: at(heard), heardIn })
  const shown = ({ outcome, episodes }: Heard) => [outcome, ...episodes.map(({ status, startsAt, endsAt }) =>
    `${status} ${Number(startsAt) / 6e7}–${endsAt === null ? '' : Number(endsAt) / 6e7}`)].join(', ')

  for (const [title, episodes, mention, expected] of [
    ['an end that is a known start is that episode\'s',
      [known('firing', 10, null, 11)], told(5, 10, 12), 'resolved, resolved 5–10'],
    ['an end before a known start is another\'s',
      [known('firing', 10, null, 11)], told(5, 9, 12), 'created, resolved 5–9, firing 10–'],
    ['what is stale fires by any word',
      [known('stale', 0, 5, 5)], told(0, null, 5.5, 'b'), 'reopened, firing 0–'],
    ['what is over fires by a word of its own Alertmanager',
      [known('resolved', 0, 5, 5)], told(0, null, 5.5), 'reopened, firing 0–'],
    ['and by another\'s only where that is not late',
      [known('resolved', 0, 5, 5)], told(0, null, 6, 'b'), 'unchanged, resolved 0–5'],
    ['as it is not after a minute',
      [known('resolved', 0, 5, 5)], told(0, null, 6.01, 'b'), 'reopened, firing 0–'],
    ['what is over does not fire again once it has fired anew',
      [known('resolved', 0, 5, 5), known('firing', 10, null, 11)], told(0, null, 20),
      'unchanged, resolved 0–5, firing 10–'],
    ['but what is stale does, for nobody said that it was over',
      [known('stale', 0, 5, 5), known('firing', 10, null, 11)], told(0, null, 20), 'reopened, firing 0–'],
    ['what is stale was over when it is said to have been, not when it was last heard of',
      [known('stale', 0, 5, 5)], told(0, 4, 6), 'resolved, resolved 0–4'],
    ['what is stale is resolved at the same end',
      [known('stale', 0, 5, 5)], told(0, 5, 6), 'resolved, resolved 0–5'],
    ['an end that is known says nothing',
      [known('resolved', 0, 5, 5)], told(0, 5, 6), 'unchanged, resolved 0–5'],
    ['an earlier end than is known says nothing',
      [known('resolved', 0, 5, 5)], told(0, 4, 6), 'unchanged, resolved 0–5'],
    ['another start within a minute is the same time, of what fires',
      [known('firing', 0, null, 1)], told(0.9, 3, 4), 'resolved, resolved 0–3'],
    ['but not after a minute',
      [known('firing', 0, null, 0.5)], told(1, 3, 4), 'created, stale 0–0.5, resolved 1–3'],
    ['a start within what is over is the same time',
      [known('resolved', 0, 5, 5)], told(4.9, 6, 7), 'resolved, resolved 0–6'],
    ['and its end is not within',
      [known('resolved', 0, 5, 5)], told(5, 6, 7), 'created, resolved 0–5, resolved 5–6'],
    ['an end makes one of all that began before it',
      [known('stale', 0, 2, 2), known('firing', 4, null, 5)], told(0, 4, 6), 'resolved, resolved 0–4'],
    ['another start ends what fires, when it was last heard of',
      [known('firing', 0, null, 3)], told(10, null, 11), 'created, stale 0–3, firing 10–'],
    ['or by that start, where that was later',
      [known('firing', 0, null, 20)], told(10, null, 21), 'created, stale 0–10, firing 10–'],
    ['and so it does what is stale, and said to have ended later',
      [known('stale', 0, 10, 10)], told(5, null, 11), 'created, stale 0–5, firing 5–']
  ] as const) t.equal(shown(hear(episodes, mention)), expected, title)

  const stale = known('stale', 0, 5, 7)
  const { episodes: [before] } = hear([stale], told(10, null, 11))
  t.equal(before, stale, 'what did not change is the same object')
})
