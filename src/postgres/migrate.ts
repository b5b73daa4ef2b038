import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../error-code.js'
import type { ISql, Sql } from './client/client.js'
import { MigrationsDiffer } from './errors.js'
import { whyDenied } from './migration-rights.js'

export interface Migration {
  version: number
  name: string
  sql: string
}

// Any number will do, as long as every instance asks for the same one.
const lock = 7_223_181
const undefinedTable = '42P01'
const lockNotAvailable = '55P03'

/**
 * Reads migrations from a directory of files named `001_what_it_does.sql`, in the order of their numbers.
 * Throws an Error that names the file when a name is not of that form or a number is missing or given twice.
 */
export async function readMigrations (directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).sort()
  return await Promise.all(files.map(async (file, index) => {
    const match = /^(\d{3})_(\w+)\.sql$/.exec(file)
    if (match === null) throw new Error(`Migration ${file} is not named like 001_create_alerts.sql`)
    const version = Number(match[1])
    if (version !== index + 1) {
      const right = String(index + 1).padStart(3, '0')
      throw new Error(`Migration ${file} should have the number ${right}: numbers start at 001 and leave no gap`)
    }
    return { version, name: match[2] as string, sql: await readFile(join(directory, file), 'utf8') }
  }))
}

/** Throws a TypeError that names both when two migrations have one version. */
export function checkVersions (migrations: readonly Migration[]): void {
  const names = new Map<number, string>()
  for (const { version, name } of migrations) {
    const other = names.get(version)
    if (other !== undefined) {
      throw new TypeError(
        `The migrations ${other} and ${name} both have the version ${version}: ` +
        'give the later one the next number, for the database keeps each number once'
      )
    }
    names.set(version, name)
  }
}

export interface MigrateOptions {
  /** Seconds that it waits for another instance that migrates, and as long for those that use the tables. */
  waitSeconds?: number
  /** Called when it has to wait. */
  progress?: (message: string) => void
}

/**
 * Applies the migrations that the database has not had, in one transaction, and returns them.
 * Several processes may call it at once: one works, the others wait for it and find nothing left to do.
 * Where nothing is left to do, nothing is written, and no right to write is needed.
 * Throws MigrationsDiffer when the database has had others, MigrationsDenied when this user may not apply them, a
 * TypeError when two have one version, and an Error of a sentence when it has waited for too long.
 */
export async function migrate (
  sql: Sql,
  migrations: Migration[],
  { waitSeconds = 60, progress = () => {} }: MigrateOptions = {}
): Promise<Migration[]> {
  checkVersions(migrations)
  return await sql.begin(async sql => {
    await takeLock(sql, waitSeconds, progress)
    await sql`/* migrations_wait */ select set_config('lock_timeout', ${`${waitSeconds}s`}, true)`
    const table = await findTable(sql)
    const { pending, unsummed } = table === undefined
      ? { pending: migrations, unsummed: [] }
      : await compare(sql, migrations).catch(orTooLong('the table schema_migrations', waitSeconds))
    if (pending.length > 0 || (unsummed.length > 0 && table?.owned === true)) {
      await prepareTable(sql, table).catch(orTooLong('the table schema_migrations', waitSeconds))
      for (const migration of pending) await apply(sql, migration, waitSeconds)
      for (const migration of unsummed) {
        await sql`/* migrations_sum */
          update schema_migrations set checksum = ${checksumOf(migration)} where version = ${migration.version}`
      }
    }
    return pending
  }).catch(async error => { throw await whyDenied(sql, error) }) as Migration[]
}

interface Table {
  /** A version before made it without. */
  hasChecksum: boolean
  /** Whether this user may change it. */
  owned: boolean
}

/** Looks for the table where it would be made, since another that is visible may be that of another journal. */
async function findTable (sql: ISql): Promise<Table | undefined> {
  const [table] = await sql<Table[]>`/* migrations_table */
    select pg_has_role(relowner, 'usage') as owned, exists (
      select from pg_attribute where attrelid = pg_class.oid and attname = 'checksum' and not attisdropped
    ) as "hasChecksum"
    from pg_class
    where relname = 'schema_migrations'
      and relnamespace = (select oid from pg_namespace where nspname = current_schema())`
  return table
}

async function prepareTable (sql: ISql, table: Table | undefined): Promise<void> {
  if (table === undefined) {
    await sql`/* migrations_create */ create table schema_migrations (
      version integer primary key, name text not null, applied_at timestamptz not null default now(), checksum text)`
  } else if (!table.hasChecksum) {
    await sql`/* migrations_checksum */ alter table schema_migrations add column checksum text`
  }
}

async function apply (sql: ISql, migration: Migration, waitSeconds: number): Promise<void> {
  const { version, name } = migration
  await sql.unsafe(migration.sql).catch(orTooLong(`the tables that migration ${version} changes`, waitSeconds))
  await sql`/* migrations_record */
    insert into schema_migrations (version, name, checksum) values (${version}, ${name}, ${checksumOf(migration)})`
}

/** Returns what throws an Error of a sentence in place of a lock's timeout. */
function orTooLong (what: string, seconds: number): (error: unknown) => never {
  return error => { throw codeOf(error) === lockNotAvailable ? new Error(tooLong(what, seconds)) : error }
}

async function takeLock (sql: ISql, waitSeconds: number, progress: (message: string) => void): Promise<void> {
  const deadline = performance.now() + waitSeconds * 1000
  for (let told = false; ; told = true) {
    const [{ taken } = { taken: false }] = await sql<Array<{ taken: boolean }>>`/* migrations_lock */
      select pg_try_advisory_xact_lock(${lock}) as taken`
    if (taken) return
    if (!told) progress(`another instance is applying migrations: waiting for it, at most ${waitSeconds} s`)
    if (performance.now() > deadline) throw new Error(tooLong('another instance that applies migrations', waitSeconds))
    await sleep(100)
  }
}

function tooLong (what: string, seconds: number): string {
  return `Waited ${seconds} s in vain for ${what}: see who is at it in pg_stat_activity, end that, and start again`
}

interface Applied {
  version: number
  name: string
  checksum: string | null
}

/** Returns the migrations that the database has not had. Throws MigrationsDiffer when it has had others. */
export async function pendingMigrations (sql: ISql, migrations: Migration[]): Promise<Migration[]> {
  const { pending } = await compare(sql, migrations).catch(error => {
    if (codeOf(error) === undefinedTable) return { pending: migrations }
    throw error
  })
  return pending
}

interface Comparison {
  /** Those that the database has not had. */
  pending: Migration[]
  /** Those that it had without keeping a checksum. */
  unsummed: Migration[]
}

/** Compares migrations with those that the database has had. Throws MigrationsDiffer when it has had others. */
async function compare (sql: ISql, migrations: Migration[]): Promise<Comparison> {
  // A database that was last migrated by a version before has no checksums.
  const applied = await sql<Applied[]>`/* migrations_applied */
    select version, name, to_jsonb(schema_migrations) ->> 'checksum' as checksum
    from schema_migrations order by version`
  const known = new Map(migrations.map(migration => [migration.version, migration]))
  for (const one of applied) {
    const ours = known.get(one.version)
    if (ours?.name !== one.name ||
      (one.checksum !== null && one.checksum !== checksumOf(ours))) throw new MigrationsDiffer(one, ours)
  }
  const checksums = new Map(applied.map(({ version, checksum }) => [version, checksum]))
  return {
    pending: migrations.filter(({ version }) => !checksums.has(version)),
    unsummed: migrations.filter(({ version }) => checksums.get(version) === null)
  }
}

/** The same whichever line breaks the file has. */
function checksumOf ({ sql }: Migration): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
}
