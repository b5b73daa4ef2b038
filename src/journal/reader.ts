import type { PendingQuery, Row } from 'postgres'
import type { Sql } from '../postgres/client.js'
import { retried } from '../postgres/retry.js'
import { encodeCursor, type Position } from './cursor.js'
import { exclude, labelsOf } from './labels.js'
import type { Alert, Filter, Page, Summary } from './schema.js'

type Fragment = PendingQuery<Row[]>

interface Period {
  /** The table, or a part of it. */
  of: Fragment
  within: Fragment
  /** Whether these alerts are so few that each can be looked at. */
  few: boolean
}

interface Key { id: string }

/** Sets of labels that are looked up one by one without a look at what is newest before. */
const mostSets = 300
/** How many of the newest alerts are looked through for what matches many sets of labels: at first, and when those were too few. */
const recentAlerts = [2000, 20_000]
/** Bytes of labels and annotations after which a page ends. */
const pageBytes = 2 ** 20

/** Makes what reads the table `alerts`. Everything it does rejects with the driver's error when the database fails. */
export function createAlertReader (sql: Sql) {
  // Times travel as text in both directions, and are cast as text first so that the driver knows: its Date would cut microseconds.
  const utc = (expression: Fragment) => sql`to_char((${expression}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  const time = (text: string | undefined) => sql`${text ?? null}::text::timestamptz`
  const when = <T>(value: T | undefined, condition: (value: T) => Fragment) => value === undefined ? sql`` : condition(value)

  const columns = sql`
    id::text, fingerprint, status, name, severity, ${utc(sql`starts_at`)} as "startsAt", ${utc(sql`ends_at`)} as "endsAt",
    labels, annotations, generator_url as "generatorURL", receiver, group_key as "groupKey", external_url as "externalURL",
    ${utc(sql`received_at`)} as "receivedAt", ${utc(sql`resolved_received_at`)} as "resolvedReceivedAt",
    ${utc(sql`coalesce(last_heard_at, resolved_received_at, received_at)`)} as "lastHeardAt"`

  // The words themselves, not parameters, for only then the planner knows which partial index will do.
  const statuses = { firing: sql`and status = 'firing'`, resolved: sql`and status = 'resolved'`, stale: sql`and status = 'stale'` }
  const hasStatus = ({ status }: Filter) => status === undefined ? sql`` : statuses[status]
  /** What is left of a filter when it comes to one alert. */
  const matches = (filter: Filter) => sql`${hasStatus(filter)}
    ${when(filter.name, name => sql`and name = ${name}`)}
    ${when(filter.severity, severity => sql`and severity = ${severity}`)}
    ${filter.label === undefined ? sql`` : sql`and labels @> ${sql.json(labelsOf(filter))}`}`
  const seconds = (interval: Fragment) => sql`extract(epoch from ${interval})::float8`
  const newestFirst = sql`order by starts_at desc, id desc`

  /** Where to look in time: at what began after `from`, where no end matters, and then at what was firing at it. */
  function periods ({ from, to, after }: Filter & { after?: Position | undefined }): Period[] {
    const within = sql`
      ${when(to, to => sql`and starts_at < ${time(to)}`)}
      ${when(after, ({ startsAt, id }) => sql`and (starts_at, id) < (${time(startsAt)}, ${id})`)}`
    if (from === undefined) return [{ of: sql`alerts`, within, few: false }]
    // "offset" keeps the planner from looking for these in the order of their starts.
    const during = sql`(select * from alerts where tstzrange(starts_at, ends_at) @> ${time(from)} offset 0) alerts`
    return [{ of: sql`alerts`, within: sql`${within} and starts_at > ${time(from)}`, few: false }, { of: during, within, few: true }]
  }

  /** The keys of the newest alerts of a period, at most `wanted`. */
  async function newest (filter: Filter, { of, within, few }: Period, wanted: number): Promise<Key[]> {
    const scan = async () => await retried(() => sql<Key[]>`/* list_alerts */
      select id, starts_at from ${of} where true ${within} ${matches(filter)} ${newestFirst} limit ${wanted}`)
    // The rows are few, or the index is by the very filter.
    if (few || filter.status === 'firing' || !isCombined(filter)) return await scan()
    const sets = await retried(() => sql<Array<{ hash: string }>>`/* list_label_sets */
      select hash::text from label_sets where labels @> ${sql.json(labelsOf(filter))} limit ${mostSets + 1}`)
    if (sets.length === 0) return []
    for (const most of sets.length > mostSets ? recentAlerts : []) {
      const recent = await retried(() => sql<Key[]>`/* list_recent_alerts */
        select id, starts_at from (select * from alerts where true ${within} ${newestFirst} limit ${most}) recent
        where true ${matches(filter)} ${newestFirst} limit ${wanted}`)
      if (recent.length === wanted) return recent
    }
    // Which sets these are is read again where they are many: a list of them is long.
    const which = sets.length > mostSets
      ? sql`(select hash from label_sets where labels @> ${sql.json(labelsOf(filter))})`
      : sql`(select hash::bigint from jsonb_array_elements_text(${sql.json(sets.map(({ hash }) => hash))}) as matching (hash))`
    // The newest of all are in as many sets at most: those whose own newest began last.
    const newestOf = (hash: Fragment, most: number) => sql`
      select id, starts_at from alerts
      where jsonb_hash_extended(labels, 0) = ${hash} ${within} ${hasStatus(filter)} ${filter.name === '' ? sql`and name = ''` : sql``}
      ${newestFirst} limit ${most}`
    return await retried(() => sql<Key[]>`/* list_alerts_of_label_sets */
      select id, starts_at
      from (
        select hash from ${which} matching cross join lateral (${newestOf(sql`matching.hash`, 1)}) first ${newestFirst} limit ${wanted}
      ) leading_sets cross join lateral (${newestOf(sql`leading_sets.hash`, wanted)}) newest
      ${newestFirst} limit ${wanted}`)
  }

  return {
    /** The alerts that match, those that began last first, from `after` on: `limit` of them, or fewer where they are large, but at least one. */
    async list (filter: Filter & { limit: number, after?: Position | undefined }): Promise<Page> {
      const { limit } = filter
      if (exclude(filter)) return { alerts: [], next: null }
      const keys: Key[] = []
      for (const period of periods(filter)) {
        if (keys.length <= limit) keys.push(...await newest(filter, period, limit + 1 - keys.length))
      }
      if (keys.length === 0) return { alerts: [], next: null }
      const alerts = await retried(() => sql<Alert[]>`/* read_alerts */
        select ${columns} from (
          select alerts.*, sum(octet_length(labels::text) + octet_length(annotations::text)) over (
            order by starts_at desc, id desc rows between unbounded preceding and 1 preceding) as bytes_before
          from alerts where id in (select id::bigint from jsonb_array_elements_text(${sql.json(keys.slice(0, limit).map(({ id }) => id))}) as keys (id))
        ) page
        where coalesce(bytes_before, 0) < ${pageBytes} order by starts_at desc, page.id desc`)
      const last = alerts.at(-1)
      return { alerts, next: keys.length > alerts.length && last !== undefined ? encodeCursor(last) : null }
    },

    /** The alert with an id, or undefined. */
    async find (id: string): Promise<Alert | undefined> {
      const [alert] = await retried(() => sql<Alert[]>`/* find_alert */ select ${columns} from alerts where id = ${id}`)
      return alert
    },

    /** How often and how long the alerts that match were firing between `from` and `to`, per name, the most frequent first. */
    async summary (filter: Filter): Promise<Summary> {
      const { from, to } = filter
      if (exclude(filter)) return []
      const sets = filter.label === undefined
        ? sql``
        : sql`
        and jsonb_hash_extended(labels, 0) in (select hash from label_sets where labels @> ${sql.json(labelsOf(filter))})`
      const counted = periods(filter).map(({ of, within }) => sql`select name, status, starts_at, ends_at from ${of} where true ${within} ${matches(filter)} ${sets}`)
      return await retried(() => sql<Summary>`/* summarize_alerts */
        select
          name, count(*)::int, (count(*) filter (where status = 'firing'))::int as firing, (count(*) filter (where status = 'stale'))::int as stale,
          ${seconds(sql`sum(span)`)} as "firingSeconds", ${seconds(sql`sum(span)`)} / count(*) as "meanSeconds", ${seconds(sql`max(span)`)} as "longestSeconds",
          ${utc(sql`max(until)`)} as "lastSeenAt"
        from (${counted.reduce((all, part) => sql`${all} union all ${part}`)}) alerts
        cross join lateral (select greatest(starts_at, ${time(from)}) as since, least(coalesce(ends_at, now()), ${time(to)}) as until) as firing
        cross join lateral (select greatest('0', until - since) as span) as duration
        group by name order by count(*) desc, name`)
    }
  }
}

/** Whether a filter asks for more than one thing of the labels, which no index has in the order of time. */
function isCombined ({ name, severity, label }: Filter): boolean {
  return label !== undefined || (name !== undefined && severity !== undefined)
}
