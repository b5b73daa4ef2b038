import type { PendingQuery, Row } from 'postgres'
import type { Sql } from '../postgres/client/client.js'
import { retried } from '../postgres/retry.js'
import { encodeCursor, type Position } from './cursor.js'
import { exclude, labelsOf } from './labels.js'
import type { Alert, Filter, Page, Summary } from './schema.js'

type Fragment = PendingQuery<Row[]>

interface Period {
  /** The table, or a subquery of it. */
  of: Fragment
  /** Only alerts that began after this. */
  since?: string | undefined
  /** Only alerts that began before this. */
  to?: string | undefined
  after?: Position | undefined
  /** Whether these alerts are few enough to look at each. */
  few: boolean
}

/** A column or an expression that has an index ordered by time. */
interface Value {
  column: Fragment
  value: Fragment
}

interface Key { id: string }

/** Most sets of labels that are looked up one by one, without first looking through the newest alerts. */
const mostSets = 300
/** Newest alerts that are looked through, for each that is wanted, before label sets are searched. */
const firstLook = 4
/** Newest alerts that are looked through when many label sets match: at first, and when those had too few. */
const looks = [2000, 20_000]
/** Bytes of labels and annotations after which a page ends. */
const pageBytes = 2 ** 20

/** Makes the reader of the table `alerts`. Its functions reject with the driver's error when the database fails. */
export function createAlertReader (sql: Sql) {
  // Times are sent and read as text, and cast to text first for the driver: it would make a Date, which has no
  // microseconds.
  const utc = (expression: Fragment) =>
    sql`to_char((${expression}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  const time = (text: string | undefined) => sql`${text ?? null}::text::timestamptz`
  const when = <T>(value: T | undefined, condition: (value: T) => Fragment) => value === undefined
    ? sql``
    : condition(value)

  const columns = sql`
    id::text, fingerprint, status, name, severity, labels, annotations, generator_url as "generatorURL",
    receiver, group_key as "groupKey", external_url as "externalURL",
    ${utc(sql`starts_at`)} as "startsAt", ${utc(sql`ends_at`)} as "endsAt",
    ${utc(sql`received_at`)} as "receivedAt", ${utc(sql`resolved_received_at`)} as "resolvedReceivedAt",
    ${utc(sql`coalesce(last_heard_at, resolved_received_at, received_at)`)} as "lastHeardAt"`

  // Literals rather than parameters, so that the planner can choose the partial index.
  const statuses = {
    firing: sql`and status = 'firing'`,
    resolved: sql`and status = 'resolved'`,
    stale: sql`and status = 'stale'`
  }
  const hasStatus = ({ status }: Filter) => status === undefined ? sql`` : statuses[status]
  /** The conditions of a filter on a single alert. */
  const matches = (filter: Filter) => sql`${hasStatus(filter)}
    ${when(filter.name, name => sql`and name = ${name}`)}
    ${when(filter.severity, severity => sql`and severity = ${severity}`)}
    ${filter.label === undefined ? sql`` : sql`and labels @> ${sql.json(labelsOf(filter))}`}`
  const seconds = (interval: Fragment) => sql`extract(epoch from ${interval})::float8`
  const labelSets = (filter: Filter) => sql`(select hash from label_sets where labels @> ${sql.json(labelsOf(filter))})`
  /** A list of ids or hashes, as a table of one column. */
  const given = (column: 'id' | 'hash', values: string[]) => {
    const name = sql(column)
    return sql`(select ${name}::bigint from jsonb_array_elements_text(${sql.json(values)}) as given (${name}))`
  }
  const newestFirst = sql`order by starts_at desc, id desc`

  /** The periods to search: alerts that began after `from`, and those that were firing at it. */
  function periods ({ from, to, after }: Filter & { after?: Position | undefined }): Period[] {
    if (from === undefined) return [{ of: sql`alerts`, to, after, few: false }]
    // "offset" keeps the planner from searching these in the order of their starts.
    const during = sql`(select * from alerts where tstzrange(starts_at, ends_at) @> ${time(from)} offset 0) alerts`
    return [{ of: sql`alerts`, since: from, to, after, few: false }, { of: during, to, after, few: true }]
  }

  const within = ({ since, to, after }: Period) => sql`
    ${when(since, since => sql`and starts_at > ${time(since)}`)}
    ${when(to, to => sql`and starts_at < ${time(to)}`)}
    ${when(after, ({ startsAt, id }) => sql`and (starts_at, id) < (${time(startsAt)}, ${id})`)}`

  /**
   * The period for one value, as bounds of the index that begins with its column. For "column = value" the planner
   * might search all of the newest alerts, as it does not know that many of one kind begin together.
   */
  const withinValue = ({ since = '-infinity', to = 'infinity', after }: Period, { column, value }: Value) => sql`
    and (${column}, starts_at) > (${value}, ${time(since)}) and (${column}, starts_at) < (${value}, ${time(to)})
    ${when(after, ({ startsAt, id }) => sql`and (${column}, starts_at, id) < (${value}, ${time(startsAt)}, ${id})`)}`

  /** The keys of the newest alerts of a period, at most `wanted`. */
  async function newest (ask: Sql, filter: Filter, period: Period, wanted: number): Promise<Key[]> {
    // These are few.
    if (period.few || filter.status === 'firing') {
      return await retried(() => ask<Key[]>`/* list_few_alerts */
        select id from ${period.of} where true ${within(period)} ${matches(filter)} ${newestFirst} limit ${wanted}`)
    }
    const newest = isCombined(filter) ? newestOfSets : newestByIndex
    return await newest(ask, filter, period, wanted)
  }

  /**
   * Returns the newest alerts of a period with the filter's name (or severity) and status, by the index that orders
   * these by time.
   */
  function indexed (filter: Filter, period: Period, columns: Fragment, most: number): Fragment {
    const { name, severity } = filter
    const of = name !== undefined
      ? { column: sql`name`, value: sql`${name}` }
      : severity !== undefined ? { column: sql`severity`, value: sql`${severity}` } : undefined
    return sql`
      select ${columns} from alerts
      where true ${of === undefined ? within(period) : withinValue(period, of)} ${hasStatus(filter)}
      order by ${of === undefined ? sql`` : sql`${of.column} desc,`} starts_at desc, id desc limit ${most}`
  }

  async function newestByIndex (ask: Sql, filter: Filter, period: Period, wanted: number): Promise<Key[]> {
    return await retried(() => ask<Key[]>`/* list_alerts */ ${indexed(filter, period, sql`id`, wanted)}`)
  }

  /** Returns the matches among the newest alerts; undefined when these are too few and there may be more. */
  async function newestOfRecent (
    ask: Sql,
    filter: Filter,
    period: Period,
    wanted: number,
    most: number
  ): Promise<Key[] | undefined> {
    const [look] = await retried(() => ask<Array<{ seen: number, found: string[] }>>`/* list_recent_alerts */
      with recent as materialized (${indexed(filter, period, sql`*`, most)})
      select (select count(*)::int from recent) as seen, to_jsonb(array(
        select id::text from recent where true ${matches(filter)} ${newestFirst} limit ${wanted})) as found`)
    const { seen = 0, found = [] } = look ?? {}
    return found.length === wanted || seen < most ? found.map(id => ({ id })) : undefined
  }

  /**
   * Returns the matches of several labels. When the labels are rare, each label set that has them is asked for its
   * newest alerts.
   */
  async function newestOfSets (ask: Sql, filter: Filter, period: Period, wanted: number): Promise<Key[]> {
    const common = await newestOfRecent(ask, filter, period, wanted, firstLook * wanted)
    if (common !== undefined) return common
    // "materialized" keeps the planner from reading the table in the hope that it soon has enough.
    const sets = await retried(() => ask<Array<{ hash: string }>>`/* list_label_sets */
      with matching as materialized ${labelSets(filter)}
      select hash::text from matching limit ${mostSets + 1}`)
    if (sets.length === 0) return []
    for (const most of sets.length > mostSets ? looks : []) {
      const recent = await newestOfRecent(ask, filter, period, wanted, most)
      if (recent !== undefined) return recent
    }
    // Many label sets are read again in the query, since a list of them is long.
    const which = sets.length > mostSets
      ? labelSets(filter)
      : given('hash', sets.map(({ hash }) => hash))
    // The newest alerts are in at most as many sets: those whose own newest alert began last.
    const hash = sql`jsonb_hash_extended(labels, 0)`
    const newestOf = (value: Fragment, most: number) => sql`
      select id, starts_at from alerts
      where true ${withinValue(period, { column: hash, value })} ${hasStatus(filter)}
        ${filter.name === '' ? sql`and name = ''` : sql``}
      order by ${hash} desc, starts_at desc, id desc limit ${most}`
    return await retried(() => ask<Key[]>`/* list_alerts_of_label_sets */
      select id
      from (
        select hash from ${which} matching cross join lateral (${newestOf(sql`matching.hash`, 1)}) first
        ${newestFirst} limit ${wanted}
      ) leading_sets cross join lateral (${newestOf(sql`leading_sets.hash`, wanted)}) newest
      ${newestFirst} limit ${wanted}`)
  }

  return {
    /**
     * The alerts that match, those that began last first, from `after` on: `limit` of them, or fewer where they are
     * large, but at least one.
     */
    async list (filter: Filter & { limit: number, after?: Position | undefined }, ask = sql): Promise<Page> {
      const { limit } = filter
      if (exclude(filter)) return { alerts: [], next: null }
      const keys: Key[] = []
      for (const period of periods(filter)) {
        if (keys.length <= limit) keys.push(...await newest(ask, filter, period, limit + 1 - keys.length))
      }
      if (keys.length === 0) return { alerts: [], next: null }
      const alerts = await retried(() => ask<Alert[]>`/* read_alerts */
        select ${columns} from (
          select alerts.*, sum(octet_length(labels::text) + octet_length(annotations::text)) over (
            order by starts_at desc, id desc rows between unbounded preceding and 1 preceding) as bytes_before
          from alerts where id in ${given('id', keys.slice(0, limit).map(({ id }) => id))}
        ) page
        where coalesce(bytes_before, 0) < ${pageBytes} order by starts_at desc, page.id desc`)
      const last = alerts.at(-1)
      return { alerts, next: keys.length > alerts.length && last !== undefined ? encodeCursor(last) : null }
    },

    /** The alert with an id, or undefined. */
    async find (id: string, ask = sql): Promise<Alert | undefined> {
      const [alert] = await retried(() => ask<Alert[]>`/* find_alert */ select ${columns} from alerts where id = ${id}`)
      return alert
    },

    /**
     * How often and how long the alerts that match were firing between `from` and `to`, per name, the most frequent
     * first.
     */
    async summary (filter: Filter, ask = sql): Promise<Summary> {
      const { from, to } = filter
      if (exclude(filter)) return []
      const sets = filter.label === undefined
        ? sql``
        : sql`and jsonb_hash_extended(labels, 0) in ${labelSets(filter)}`
      const counted = periods(filter).map(period => sql`
        select name, status, starts_at, ends_at from ${period.of}
        where true ${within(period)} ${matches(filter)} ${sets}`)
      return await retried(() => ask<Summary>`/* summarize_alerts */
        select
          name,
          count(*)::int,
          (count(*) filter (where status = 'firing'))::int as firing,
          (count(*) filter (where status = 'stale'))::int as stale,
          ${seconds(sql`sum(span)`)} as "firingSeconds",
          ${seconds(sql`sum(span)`)} / count(*) as "meanSeconds",
          ${seconds(sql`max(span)`)} as "longestSeconds",
          ${utc(sql`max(until)`)} as "lastSeenAt"
        from (${counted.reduce((all, part) => sql`${all} union all ${part}`)}) alerts
        cross join lateral (
          select greatest(starts_at, ${time(from)}) as since, least(coalesce(ends_at, now()), ${time(to)}) as until
        ) as firing
        cross join lateral (select greatest('0', until - since) as span) as duration
        group by name order by count(*) desc, name`)
    }
  }
}

/** Whether a filter has more than one condition on labels, for which no index is ordered by time. */
function isCombined ({ name, severity, label }: Filter): boolean {
  return label !== undefined || (name !== undefined && severity !== undefined)
}
