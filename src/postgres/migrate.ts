import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ISql, Sql } from './client.js'
import { codeOf } from './unavailable.js'

export interface Migration {
  version: number
  name: string
  sql: string
}

// Any number will do, as long as every instance asks for the same one.
const lock = 7_223_181
const undefinedTable = '42P01'

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
    if (version !== index + 1) throw new Error(`Migration ${file} should have the number ${String(index + 1).padStart(3, '0')}: numbers start at 001 and leave no gap`)
    return { version, name: match[2] as string, sql: await readFile(join(directory, file), 'utf8') }
  }))
}

/**
 * Applies the migrations that the database has not had, in one transaction, and returns them.
 * Several processes may call it at once: one works, the others wait for it and find nothing left to do.
 */
export async function migrate (sql: Sql, migrations: Migration[]): Promise<Migration[]> {
  return await sql.begin(async sql => {
    await sql`/* migrations_lock */ select pg_advisory_xact_lock(${lock})`
    await sql`/* migrations_table */ create table if not exists schema_migrations (
      version integer primary key, name text not null, applied_at timestamptz not null default now())`
    const pending = await pendingMigrations(sql, migrations)
    for (const { version, name, sql: text } of pending) {
      await sql.unsafe(text)
      await sql`/* migrations_record */ insert into schema_migrations (version, name) values (${version}, ${name})`
    }
    return pending
  }) as Migration[]
}

/** The migrations that the database has not had. */
export async function pendingMigrations (sql: ISql, migrations: Migration[]): Promise<Migration[]> {
  const applied = await sql<Array<{ version: number }>>`/* migrations_applied */ select version from schema_migrations`.catch(error => {
    if (codeOf(error) === undefinedTable) return []
    throw error
  })
  const versions = new Set(applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !versions.has(version))
}
