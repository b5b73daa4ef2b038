import type { CheckError, CheckFunction } from '../health/check.js'
import type { CheckOptions } from '../health/options.js'
import { PendingMigrations } from './errors.js'
import { pendingMigrations, type Migration } from './migrate.js'
import type { Probe } from './probe.js'
import { unreadyReasonOf } from './unavailable.js'
import { assertTablePrivileges } from './table-privileges.js'

export interface DatabaseChecksOptions {
  /** Migrations that have to be applied for the app to be ready. */
  migrations: readonly Migration[] | undefined
  /** Tables that have to be there for the app to be ready, and that it may read and write. */
  tables: readonly string[]
  /** Told how many migrations are applied and how many are not, at each look. */
  counted: (applied: number, pending: number) => void
}

type NamedCheck = [name: string, run: CheckFunction, options: CheckOptions]

/**
 * Makes the health checks of a database. They ask on a connection of their own, one after the other, and reject with an
 * error whose `reason` is for readiness.
 */
export function databaseChecks (probe: Probe, { migrations, tables, counted }: DatabaseChecksOptions): NamedCheck[] {
  const critical = { critical: true, reason: 'database_unreachable' }
  const ask: Probe['ask'] = async (question, signal) => await probe.ask(question, signal).catch(error => {
    throw Object.assign(error, { reason: error.reason ?? unreadyReasonOf(error) })
  })

  const checks: NamedCheck[] = [['database', async signal => {
    await ask(async sql => await sql`/* probe_database */ select 1`, signal)
    return 'Database connection is working'
  }, critical]]

  let arePending = false
  if (migrations !== undefined) {
    let served = false
    checks.push(['migrations', async signal => {
      const pending = await ask(async sql => await pendingMigrations(sql, [...migrations]), signal).catch(error => {
        // A newer version that starts beside this one migrates first; what served until then goes on until it is
        // replaced.
        if (error.reason === 'database_newer' && served) return []
        throw error
      })
      served ||= pending.length === 0
      arePending = pending.length > 0
      counted(migrations.length - pending.length, pending.length)
      if (arePending) throw new PendingMigrations(pending)
    }, { ...critical, on: ['ready'] }])
  }

  if (tables.length > 0) {
    checks.push(['tables', async signal => {
      await ask(async sql => await assertTablePrivileges(sql, [...tables]), signal).catch((error: CheckError) => {
        // The check of the migrations has said so.
        if (arePending && error.reason === 'schema_missing') error.logLevel = 'debug'
        throw error
      })
    }, { ...critical, on: ['ready'] }])
  }
  return checks
}
