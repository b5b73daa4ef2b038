import type { Sql } from '../postgres/client.js'
import { retried } from '../postgres/retry.js'
import { encodeCursor, type Position } from './cursor.js'
import type { Alert, Filter, Page, Stored, Summary } from './schema.js'
import type { Payload } from './webhook.js'

export type AlertRepository = ReturnType<typeof createAlertRepository>

/** Makes what reads and writes the table `alerts`, a statement each that can be asked twice. Everything it does rejects with the driver's error when the database fails. */
export function createAlertRepository (sql: Sql) {
  // Times travel as text in both directions, and are cast as text first so that the driver knows: its Date would cut microseconds.
  const utc = (expression: ReturnType<typeof sql>) => sql`to_char((${expression}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  const time = (text: string | undefined) => sql`${text ?? null}::text::timestamptz`
  const when = <T>(value: T | undefined, condition: (value: T) => ReturnType<typeof sql>) => value === undefined ? sql`` : condition(value)

  const columns = sql`
    id::text, fingerprint, status, name, severity, ${utc(sql`starts_at`)} as "startsAt", ${utc(sql`ends_at`)} as "endsAt",
    labels, annotations, generator_url as "generatorURL", receiver, group_key as "groupKey", external_url as "externalURL",
    ${utc(sql`received_at`)} as "receivedAt", ${utc(sql`resolved_received_at`)} as "resolvedReceivedAt"`

  const matches = ({ status, name, severity, label = [], from, to }: Filter) => sql`true
    ${when(status, status => sql`and status = ${status}`)}
    ${when(name, name => sql`and name = ${name}`)}
    ${when(severity, severity => sql`and severity = ${severity}`)}
    ${label.reduce((all, pair) => sql`${all} and labels @> ${sql.json(labelOf(pair))}`, sql``)}
    ${when(from, from => sql`and (ends_at is null or ends_at > ${time(from)})`)}
    ${when(to, to => sql`and starts_at < ${time(to)}`)}`

  return {
    /** Stores a payload's alerts in one statement, each once per fingerprint and start. Of what is known already, only the change from firing to resolved is written. */
    async store ({ alerts, receiver, groupKey, externalURL, truncatedAlerts = 0 }: Payload): Promise<Stored> {
      // Only these fields: of others nobody knows whether PostgreSQL can hold them.
      const rows = alerts.map(({ fingerprint, status, startsAt, endsAt, labels, annotations, generatorURL }) => (
        { fingerprint, status, starts_at: startsAt, ends_at: status === 'resolved' ? endsAt : null, labels, annotations, generator_url: generatorURL }))
      // In the order of the key, so that two instances with the same alerts wait for each other rather than deadlock.
      // "between", which means "=" here, keeps the planner from looking alerts up by start alone: those of one rule often began at once.
      // xmax is 0 in a row that was inserted, and not in one that was updated.
      const written = await retried(() => sql<Array<{ created: boolean }>>`/* store_alerts */
        with incoming as (
          select distinct on (fingerprint, starts_at) *
          from jsonb_to_recordset(${sql.json(rows)}) as alert (
            fingerprint text, status text, starts_at timestamptz, ends_at timestamptz, labels jsonb, annotations jsonb, generator_url text)
          order by fingerprint, starts_at, status desc, ends_at desc
        )
        insert into alerts (
          fingerprint, starts_at, ends_at, status, name, severity, labels, annotations,
          generator_url, receiver, group_key, external_url, resolved_received_at)
        select
          fingerprint, starts_at, ends_at, status, coalesce(labels ->> 'alertname', ''), labels ->> 'severity', labels, annotations,
          generator_url, ${receiver}, ${groupKey}, ${externalURL}, case status when 'resolved' then now() end
        from incoming
        where not exists (
          select from alerts known
          where known.fingerprint = incoming.fingerprint and known.starts_at between incoming.starts_at and incoming.starts_at
          and (known.status = 'resolved' or incoming.status = 'firing'))
        order by fingerprint, starts_at
        on conflict (fingerprint, starts_at) do update
        set status = excluded.status, ends_at = excluded.ends_at, resolved_received_at = excluded.resolved_received_at
        where alerts.status = 'firing' and excluded.status = 'resolved'
        returning xmax = 0 as created`)
      const created = written.filter(row => row.created).length
      return {
        received: alerts.length,
        created,
        resolved: written.length - created,
        unchanged: alerts.length - written.length,
        truncated: truncatedAlerts
      }
    },

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
          name, count(*)::int, (count(*) filter (where status = 'firing'))::int as firing,
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
