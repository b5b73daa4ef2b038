import type { Sql } from '../postgres/client.js'
import { retried } from '../postgres/retry.js'
import { encodeCursor, type Position } from './cursor.js'
import type { Alert, Filter, Page, Summary } from './schema.js'

/** Makes what reads the table `alerts`. Everything it does rejects with the driver's error when the database fails. */
export function createAlertReader (sql: Sql) {
  // Times travel as text in both directions, and are cast as text first so that the driver knows: its Date would cut microseconds.
  const utc = (expression: ReturnType<typeof sql>) => sql`to_char((${expression}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  const time = (text: string | undefined) => sql`${text ?? null}::text::timestamptz`
  const when = <T>(value: T | undefined, condition: (value: T) => ReturnType<typeof sql>) => value === undefined ? sql`` : condition(value)

  const columns = sql`
    id::text, fingerprint, status, name, severity, ${utc(sql`starts_at`)} as "startsAt", ${utc(sql`ends_at`)} as "endsAt",
    labels, annotations, generator_url as "generatorURL", receiver, group_key as "groupKey", external_url as "externalURL",
    ${utc(sql`received_at`)} as "receivedAt", ${utc(sql`resolved_received_at`)} as "resolvedReceivedAt",
    ${utc(sql`coalesce(last_heard_at, resolved_received_at, received_at)`)} as "lastHeardAt"`

  const matches = ({ status, name, severity, label = [], from, to }: Filter) => sql`true
    ${when(status, status => sql`and status = ${status}`)}
    ${when(name, name => sql`and name = ${name}`)}
    ${when(severity, severity => sql`and severity = ${severity}`)}
    ${label.reduce((all, pair) => sql`${all} and labels @> ${sql.json(labelOf(pair))}`, sql``)}
    ${when(from, from => sql`and (ends_at is null or ends_at > ${time(from)})`)}
    ${when(to, to => sql`and starts_at < ${time(to)}`)}`

  return {
    /** The alerts that match, those that began last first, from `after` on. */
    async list (filter: Filter & { limit: number, after?: Position | undefined }): Promise<Page> {
      const { limit, after } = filter
      const alerts = await retried(() => sql<Alert[]>`/* list_alerts */
        select ${columns} from alerts
        where ${matches(filter)} ${when(after, ({ startsAt, id }) => sql`and (starts_at, id) < (${time(startsAt)}, ${id})`)}
        order by starts_at desc, alerts.id desc limit ${limit + 1}`)
      const last = alerts[limit - 1]
      return { alerts: alerts.slice(0, limit), next: alerts.length > limit && last !== undefined ? encodeCursor(last) : null }
    },

    /** The alert with an id, or undefined. */
    async find (id: string): Promise<Alert | undefined> {
      const [alert] = await retried(() => sql<Alert[]>`/* find_alert */ select ${columns} from alerts where id = ${id}`)
      return alert
    },

    /** How often and how long the alerts that match were firing between `from` and `to`, per name, the most frequent first. */
    async summary (filter: Filter): Promise<Summary> {
      const { from, to } = filter
      return await retried(() => sql<Summary>`/* summarize_alerts */
        select
          name, count(*)::int, (count(*) filter (where status = 'firing'))::int as firing, (count(*) filter (where status = 'stale'))::int as stale,
          sum(seconds)::float8 as "firingSeconds", avg(seconds)::float8 as "meanSeconds", max(seconds)::float8 as "longestSeconds",
          ${utc(sql`max(until)`)} as "lastSeenAt"
        from alerts
        cross join lateral (select greatest(starts_at, ${time(from)}) as since, least(coalesce(ends_at, now()), ${time(to)}) as until) as firing
        cross join lateral (select greatest(0, extract(epoch from until - since)) as seconds) as duration
        where ${matches(filter)}
        group by name order by count(*) desc, name`)
    }
  }
}

function labelOf (pair: string): Record<string, string> {
  const equals = pair.indexOf('=')
  return { [pair.slice(0, equals)]: pair.slice(equals + 1) }
}
