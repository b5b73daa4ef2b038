import { createHash } from 'node:crypto'
import type { ISql, Sql } from '../postgres/client/client.js'
import { retried } from '../postgres/retry.js'
import { hear, type Episode, type Outcome, type Status } from './episodes.js'
import { longestName } from './intake.js'
import { textOf } from './time.js'
import type { Webhook, WebhookAlert } from './webhook.js'

export type AlertWriter = ReturnType<typeof createAlertWriter>

/** An episode with what it is stored under, and what was said of it when it is new. */
interface Kept extends Episode {
  fingerprint: string
  told?: WebhookAlert | undefined
}

interface Row {
  fingerprint: string
  id: string
  status: Status
  startsAt: string
  endsAt: string | null
  lastHeardAt: string
  heardIn: string | null
}

// Any number will do that nothing else locks by.
const lock = 7_223_182
const retentionLock = 7_223_183
/** Alerts from which on their number is estimated. */
const exactBelow = 200_000
/** Alerts are locked by this many hashes of fingerprints, so that a large group asks for few locks. */
const lockBuckets = 64

export interface Extent {
  /** Alerts in the table; from some hundred thousand on as PostgreSQL estimates it. */
  alerts: number
  /** Seconds since 1970 when the oldest began; undefined when there is none. */
  oldest: number | undefined
}

/** How many alerts had which outcome, and how many ended for their group no longer lists them. */
export type Written = Record<Outcome | 'ended', number>

export const nothing: Readonly<Written> = { created: 0, resolved: 0, reopened: 0, unchanged: 0, ended: 0 }

/** So that what others changed while they had the locks is seen, whatever the database's default is. */
const isolation = 'isolation level read committed'

/**
 * Makes what writes the table `alerts`. What it does rejects with the driver's error when the database fails, and may
 * be asked again then.
 */
export function createAlertWriter (sql: Sql) {
  return {
    /**
     * Stores what a webhook tells, in one transaction: what is new, what is over, what fires again, and, when it is
     * `complete`, which alerts its group no longer lists.
     */
    async store (webhook: Webhook, complete: boolean, ask = sql): Promise<Written> {
      if (webhook.alerts.length === 0) return { ...nothing }
      const heardIn = groupOf(webhook)
      return await retried(async () => await ask.begin(
        isolation,
        async sql => await storeAlerts(sql, webhook, heardIn, complete)
      )) as Written
    },

    /** Ends what fires and was not heard of for so many seconds; returns how many these are. */
    async endStale (seconds: number): Promise<number> {
      const { count } = await retried(() => sql`/* end_silent_alerts */
        update alerts set status = 'stale', ends_at = greatest(starts_at, last_heard_at)
        where status = 'firing' and last_heard_at < now() - make_interval(secs => ${seconds})`)
      return count
    },

    /**
     * Deletes some that have been over for so many days, the oldest first; returns how many. None while another
     * instance is at it.
     */
    async deleteOld (days: number, most: number): Promise<number> {
      return await sql.begin(isolation, async sql => {
        const [locked] = await sql<Array<{ mine: boolean }>>`/* lock_retention */
          select pg_try_advisory_xact_lock(${retentionLock}) as mine`
        if (locked?.mine !== true) return 0
        // Nobody stores meanwhile, for a set of labels must not go that somebody is about to use.
        await sql`/* lock_all_alerts */
          select pg_advisory_xact_lock(${lock}, bucket) from generate_series(0, ${lockBuckets - 1}) bucket`
        const old = sql`now() - make_interval(days => ${days})`
        const deleted = await sql<Array<{ hash: string }>>`/* delete_old_alerts */
          delete from alerts where id in (
            select id from alerts where starts_at < ${old} and ends_at < ${old} order by starts_at, id limit ${most})
          returning jsonb_hash_extended(labels, 0)::text as hash`
        const hashes = deleted.map(({ hash }) => hash)
        await sql`/* delete_label_sets */
          delete from label_sets
          where hash in (select hash::bigint from jsonb_array_elements_text(${sql.json(hashes)}) as gone (hash))
            and not exists (select from alerts where jsonb_hash_extended(labels, 0) = label_sets.hash)`
        return deleted.length
      }) as number
    },

    /** How many alerts there are, and when the oldest began. */
    async extent (): Promise<Extent> {
      const [extent] = await sql<Array<{ alerts: number, oldest: number | null }>>`/* count_alerts */
        select
          case when estimated < ${exactBelow} then (select count(*) from alerts)::float8 else estimated end as alerts,
          (select extract(epoch from min(starts_at))::float8 from alerts) as oldest
        from (
          select greatest(reltuples, pg_stat_get_live_tuples(oid))::float8 as estimated
          from pg_class where oid = 'alerts'::regclass
        ) table_size`
      return { alerts: extent?.alerts ?? 0, oldest: extent?.oldest ?? undefined }
    }
  }
}

/** An Alertmanager's group, as a UUID. */
function groupOf ({ externalURL, receiver, groupKey }: Webhook): string {
  return createHash('sha256')
    .update(JSON.stringify([externalURL, receiver, groupKey]))
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

async function storeAlerts (sql: ISql, webhook: Webhook, heardIn: string, complete: boolean): Promise<Written> {
  const said = mentionsOf(webhook)
  const asked = said.map(({ fingerprint, startsAt }) => ({ fingerprint, starts_at: textOf(startsAt) }))
  const at = await lockAlerts(sql, asked)
  const known = await knownEpisodes(sql, asked)
  const before = new Set([...known.values()].flat())
  const outcomes: Record<Outcome, number> = {
    created: 0,
    resolved: 0,
    reopened: 0,
    unchanged: webhook.alerts.length - said.length
  }
  for (const told of said) {
    const { fingerprint, startsAt, endsAt } = told
    const { outcome, episodes } = hear(known.get(fingerprint) ?? [], { startsAt, endsAt, at, heardIn })
    outcomes[outcome]++
    known.set(fingerprint, episodes.map(episode => isKept(episode) ? episode : { ...episode, fingerprint, told }))
  }
  const ended = await write(sql, before, [...known.values()].flat(), webhook, complete ? { heardIn, at } : undefined)
  return { ...outcomes, ended }
}

function isKept (episode: Episode): episode is Kept {
  return 'fingerprint' in episode
}

/** What a webhook says, by start; of the same alert and start once: that it is over, and at the latest of its ends. */
function mentionsOf ({ alerts }: Webhook): WebhookAlert[] {
  const mentions = new Map<string, WebhookAlert>()
  for (const told of alerts) {
    const key = `${told.startsAt} ${told.fingerprint}`
    const { endsAt } = mentions.get(key) ?? { endsAt: null }
    if (!mentions.has(key) || (told.endsAt !== null && (endsAt === null || endsAt < told.endsAt))) {
      mentions.set(key, told)
    }
  }
  return [...mentions.values()].sort((one, other) => one.startsAt < other.startsAt ? -1 : 1)
}

interface Asked {
  fingerprint: string
  starts_at: string
}

/** Locks alerts until the transaction ends, and returns when it began. */
async function lockAlerts (sql: ISql, asked: Asked[]): Promise<bigint> {
  const [first] = await sql<Array<{ at: string }>>`/* lock_alerts */
    select ${micros(sql, 'now()')} as at, pg_advisory_xact_lock(${lock}, bucket) from (
      select distinct abs(hashtext(fingerprint) % ${lockBuckets}) as bucket
      from jsonb_to_recordset(${sql.json(asked as never)}) as asked (fingerprint text) order by bucket) buckets`
  return BigInt(first?.at ?? 0)
}

/** Reads the episodes of each alert around its start, and whichever of it fires. */
async function knownEpisodes (sql: ISql, asked: Asked[]): Promise<Map<string, Kept[]>> {
  const heardAt = 'coalesce(known.last_heard_at, known.resolved_received_at, known.received_at)'
  // The limits keep it quick for an alert that has fired a million times.
  const rows = await sql<Row[]>`/* known_alerts */
    select distinct on (asked.fingerprint, known.id)
      asked.fingerprint, known.id::text, known.status, known.heard_in::text as "heardIn",
      ${micros(sql, 'known.starts_at')} as "startsAt",
      ${micros(sql, 'known.ends_at')} as "endsAt",
      ${micros(sql, heardAt)} as "lastHeardAt"
    from jsonb_to_recordset(${sql.json(asked as never)}) as asked (fingerprint text, starts_at timestamptz)
    cross join lateral (
      (
        select * from alerts where fingerprint = asked.fingerprint and starts_at < asked.starts_at
        order by starts_at desc limit 1
      ) union all (
        select * from alerts where fingerprint = asked.fingerprint and starts_at >= asked.starts_at
        order by starts_at limit 2
      ) union all (
        select * from alerts where fingerprint = asked.fingerprint and starts_at > asked.starts_at
        order by starts_at desc limit 1
      )
    ) known`
  const known = new Map<string, Kept[]>()
  for (const { fingerprint, id, status, startsAt, endsAt, lastHeardAt, heardIn } of rows) {
    const episode = {
      fingerprint,
      id,
      status,
      startsAt: BigInt(startsAt),
      endsAt: endsAt === null ? null : BigInt(endsAt),
      lastHeardAt: BigInt(lastHeardAt),
      heardIn
    }
    known.set(
      fingerprint,
      [...known.get(fingerprint) ?? [], episode].sort((one, other) => one.startsAt < other.startsAt ? -1 : 1)
    )
  }
  return known
}

function micros (sql: ISql, time: string) {
  return sql.unsafe(`(extract(epoch from ${time}) * 1000000)::bigint::text`)
}

/**
 * Writes the difference, and ends what a group listed before and does not now, at a time when it was told whole: these
 * are resolved, silenced or inhibited; of which it is not told. Returns how many these are. All in one statement, or
 * two, for each waits for its turn.
 */
async function write (
  sql: ISql,
  before: Set<Kept>,
  after: Kept[],
  { receiver, groupKey, externalURL }: Webhook,
  told?: { heardIn: string, at: bigint }
): Promise<number> {
  const kept = new Set(after.map(({ id }) => id))
  const gone = [...before].flatMap(({ id }) => id === undefined || kept.has(id) ? [] : [id])
  if (gone.length > 0) {
    await sql`/* delete_alerts */
      delete from alerts
      where id in (select id::bigint from jsonb_array_elements_text(${sql.json(gone)}) as gone (id))`
  }
  const changed = after
    .filter(episode => episode.id !== undefined && !before.has(episode))
    .map(episode => ({ id: episode.id, ...columnsOf(episode) }))
  // Only these fields: of others nobody knows whether PostgreSQL can hold them.
  const created = after.filter(({ id }) => id === undefined).map(({ fingerprint, told, ...episode }) => ({
    fingerprint,
    labels: told?.labels,
    annotations: told?.annotations,
    generator_url: told?.generatorURL,
    ...columnsOf(episode)
  }))
  if (changed.length + created.length === 0 && told === undefined) return 0
  // Each part sees what was there before the statement. Sets of labels go in order, so that two that store the same
  // wait for each other rather than deadlock.
  const [{ ended } = { ended: 0 }] = await sql<Array<{ ended: number }>>`/* write_alerts */
    with changed as materialized (
      select * from jsonb_to_recordset(${sql.json(changed as never)}) as changed (
        id bigint, status text, starts_at timestamptz, ends_at timestamptz, last_heard_at timestamptz, heard_in uuid)
    ), created as materialized (
      select *, jsonb_hash_extended(labels, 0) as hash
      from jsonb_to_recordset(${sql.json(created as never)}) as created (
        fingerprint text, status text, starts_at timestamptz, ends_at timestamptz, last_heard_at timestamptz,
        heard_in uuid, labels jsonb, annotations jsonb, generator_url text)
    ), updated as (
      update alerts
      set status = changed.status, starts_at = changed.starts_at, ends_at = changed.ends_at,
        last_heard_at = changed.last_heard_at, heard_in = changed.heard_in,
        resolved_received_at = case when changed.status = 'resolved'
          then coalesce(alerts.resolved_received_at, now()) end
      from changed where alerts.id = changed.id
    ), inserted as (
      insert into alerts (
        fingerprint, starts_at, ends_at, status, name, severity, labels, annotations,
        generator_url, receiver, group_key, external_url, last_heard_at, heard_in, resolved_received_at)
      select
        fingerprint, starts_at, ends_at, status,
        left(coalesce(labels ->> 'alertname', ''), ${longestName}), left(labels ->> 'severity', ${longestName}),
        labels, annotations, generator_url, ${receiver}, ${groupKey}, ${externalURL},
        last_heard_at, heard_in, case status when 'resolved' then now() end
      from created order by starts_at
    ), sets as (
      insert into label_sets (hash, labels)
      select distinct on (hash) hash, labels from created order by hash
      on conflict do nothing
    ), ended as (
      update alerts set status = 'stale', ends_at = greatest(starts_at, last_heard_at)
      where status = 'firing'
        and heard_in = ${told?.heardIn ?? null}::uuid
        and last_heard_at < ${told === undefined ? null : textOf(told.at)}::text::timestamptz
        and id not in (select id from changed)
      returning id
    )
    select count(*)::int as ended from ended`
  return ended
}

function columnsOf ({ status, startsAt, endsAt, lastHeardAt, heardIn }: Episode) {
  return {
    status,
    starts_at: textOf(startsAt),
    ends_at: endsAt === null ? null : textOf(endsAt),
    last_heard_at: textOf(lastHeardAt),
    heard_in: heardIn
  }
}
