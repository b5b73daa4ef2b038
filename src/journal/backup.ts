// A backup is what gzip makes of a line of JSON, the header, and the table of alerts as PostgreSQL's COPY writes it:
// any PostgreSQL can read it. Sets of labels are made of the alerts again.
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { ISql, Sql } from '../postgres/client/client.js'
import { migrate, type Migration } from '../postgres/migrate.js'

const format = 'fastify-vitals journal 1'
/** SQLSTATE undefined_table. */
const noTable = '42P01'
const noBackup = 'This is no backup of the journal: it does not begin as one'
/** The first migration that has sets of labels. */
const withLabelSets = 3

export interface Header {
  format: string
  /** RFC 3339. */
  at: string
  /** The last migration that the tables have had. */
  migration: number
  columns: string[]
  alerts: number
}

/** Writes all alerts, as they are at one moment, while others read and write. Returns how many these are. */
export async function backUp (sql: Sql, to: Writable): Promise<number> {
  return await sql.begin('isolation level repeatable read read only', async sql => {
    const header = await describe(sql)
    const rows = await sql.unsafe(`copy alerts (${names(header.columns)}) to stdout`).readable()
    await pipeline(async function * () {
      yield `${JSON.stringify(header)}\n`
      yield * rows
    }, createGzip(), to)
    return header.alerts
  }) as number
}

async function describe (sql: ISql): Promise<Header> {
  const [found] = await sql<Array<Omit<Header, 'format'>>>`/* describe_backup */
    select now()::text as at,
      (select max(version) from schema_migrations) as migration,
      (select count(*)::float8 from alerts) as alerts,
      (select jsonb_agg(attname order by attnum) from pg_attribute
        where attrelid = 'alerts'::regclass and attnum > 0 and not attisdropped and attgenerated = '') as columns`
    .catch(error => {
      if (error.code !== noTable) throw error
      throw new Error('The database has no journal: name that which the service uses, in DATABASE_URL or DATA_DIR')
    })
  return { format, ...found as Omit<Header, 'format'> }
}

/** A backup of which the beginning has been read. */
export interface Backup {
  header: Header
  /** Rows as COPY has them. */
  rows: AsyncIterable<Buffer>
}

/**
 * Reads the beginning of a backup. Throws an Error of a sentence where it is none, and where it is of a newer version
 * than these migrations are.
 */
export async function readBackup (from: Readable, migrations: Migration[]): Promise<Backup> {
  const chunks = unzipped(from)
  const { header, rest } = await readHeader(chunks)
  if (header.migration > migrations.length) {
    throw new Error(
      `The backup is of a newer version of the service, with migration ${header.migration}: ` +
      'restore it with that version'
    )
  }
  async function * rows () {
    yield rest
    yield * chunks
  }
  return { header, rows: rows() }
}

/**
 * Stores a backup in a database whose journal is empty, and migrates it to this version. Returns how many alerts these
 * are. Throws an Error of a sentence where it is not whole, and where the journal is not empty; then nothing is stored.
 */
export async function restore (sql: Sql, { header, rows: from }: Backup, migrations: Migration[]): Promise<number> {
  await migrate(sql, migrations.slice(0, header.migration)).catch(error => {
    if (error.reason !== 'database_newer') throw error
    throw new Error(
      `The database has had later migrations than the backup, whose last is ${header.migration}: ` +
      'restore into a new database'
    )
  })
  await sql.begin(async sql => {
    await sql`/* lock_alerts_table */ lock table alerts in exclusive mode`
    const [{ any } = { any: true }] = await sql<Array<{ any: boolean }>>`/* any_alerts */
      select exists (select from alerts) as any`
    if (any) throw new Error('The journal is not empty: restore into a new database')
    const remakeIndexes = await dropIndexes(sql)
    const rows = await sql.unsafe(`copy alerts (${names(header.columns)}) from stdin`).writable()
    await pipeline(from, rows)
    const [{ alerts } = { alerts: 0 }] = await sql<Array<{ alerts: number }>>`/* count_restored */
      select count(*)::float8 as alerts, setval(pg_get_serial_sequence('alerts', 'id'), greatest(max(id), 1))
      from alerts`
    if (alerts !== header.alerts) {
      throw new Error(`The backup has ${alerts} alerts, and should have ${header.alerts}: it is not whole`)
    }
    await remakeIndexes()
    if (header.migration >= withLabelSets) {
      await sql`/* restore_label_sets */
        insert into label_sets
        select distinct on (hash) hash, labels
        from (select jsonb_hash_extended(labels, 0) as hash, labels from alerts) sets`
    }
  })
  await migrate(sql, migrations)
  await sql`/* analyze_restored */ vacuum (analyze) alerts`
  return header.alerts
}

/**
 * Drops the indexes of alerts that are no constraint, since they are made in a fraction of the time once the table is
 * full. Returns how.
 */
async function dropIndexes (sql: ISql): Promise<() => Promise<void>> {
  const indexes = await sql<Array<{ name: string, definition: string }>>`/* indexes_to_remake */
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
    where indrelid = 'alerts'::regclass and not exists (select from pg_constraint where conindid = indexrelid)`
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`)
  return async () => { for (const { definition } of indexes) await sql.unsafe(definition) }
}

async function * unzipped (from: Readable): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  const fed = pipeline(from, gunzip)
  fed.catch(() => {})
  try {
    yield * gunzip
    await fed
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!code.startsWith('Z_')) throw error
    throw new Error(
      message === 'incorrect header check'
        ? 'This is no backup of the journal: it is not compressed with gzip'
        : `The backup is not whole: ${message}`
    )
  }
}

async function readHeader (chunks: AsyncGenerator<Buffer>): Promise<{ header: Header, rest: Buffer }> {
  let read = Buffer.alloc(0)
  while (!read.includes('\n')) {
    const { done, value } = await chunks.next()
    if (done === true || read.length > 2 ** 16) throw new Error(noBackup)
    read = Buffer.concat([read, value])
  }
  const end = read.indexOf('\n')
  const header = parse(read.subarray(0, end).toString())
  if (header?.format !== format) {
    throw new Error(
      typeof header?.format !== 'string'
        ? noBackup
        : `The backup has the format ${header.format}, and this version of the service reads ${format}`
    )
  }
  return { header, rest: read.subarray(end + 1) }
}

function parse (text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header
  } catch {
    return undefined
  }
}

function names (columns: string[]): string {
  return columns.map(column => `"${column.replaceAll('"', '""')}"`).join(', ')
}
