import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createClient, type ClientOptions, type Sql } from '../src/postgres/client.js'
import { addClient } from '../src/postgres/clients.js'
import { pendingMigrations, type Migration } from '../src/postgres/migrate.js'
import { createProbe } from '../src/postgres/probe.js'
import { unreadyReasonOf } from '../src/postgres/unavailable.js'
import { assertUsable } from '../src/postgres/usable.js'
import type {} from './health.js'
import type {} from './metrics.js'

/** The databases that were registered with a name; augment it to have `app.sql.reports` typed. */
export interface NamedDatabases {}

declare module 'fastify' {
  interface FastifyInstance {
    sql: Sql & NamedDatabases
  }
}

export interface PostgresOptions extends Omit<ClientOptions, 'onNotice' | 'onWarning'> {
  /** Of a further database, which is `app.sql[name]`, and whose numbers are labelled so. */
  name?: string
  /** Seconds that queries under way are given when the app closes. */
  closeTimeoutSeconds?: number
  /** When given, the app is not ready while one of them has not been applied. */
  migrations?: Migration[]
  /** When given, the app is not ready while it may not read and write one of them, or one is not there. */
  tables?: string[]
}

/**
 * Decorates the app with `app.sql`, measured if the metrics plugin was registered before, and gives the health plugin, likewise, its
 * database check. Registered again with a name it is `app.sql[name]`.
 */
export default fp(async function postgres (app: FastifyInstance, options: PostgresOptions) {
  const { name, closeTimeoutSeconds = 5, migrations, tables = [], ...clientOptions } = options
  const client = createClient({
    ...clientOptions,
    onNotice: ({ severity, code, routine }) => app.log.debug({ severity, code, routine }, 'PostgreSQL gave notice'),
    onWarning: ({ message, place }) => app.log.warn({ place }, message)
  })
  const probe = createProbe(clientOptions)

  const present = app.hasDecorator('sql') ? app.sql : undefined
  const sql = addClient(present, client, name)
  if (present === undefined) app.decorate('sql', sql)
  else app.sql = sql
  if (app.hasDecorator('metrics')) app.metrics.measure(client, { ...name !== undefined && { pool: name } })

  function counter () {
    const { catalogue } = app.metrics
    const cells = [catalogue.value('migrations.applied').cell(), catalogue.value('migrations.pending').cell()] as const
    return app.metrics.guard('migrations', (applied: number, pending: number) => {
      cells[0].set(applied)
      cells[1].set(pending)
    })
  }

  if (app.hasDecorator('health')) {
    const critical = { critical: true, reason: 'database_unreachable' }
    const ask: typeof probe.ask = async (question, signal) => await probe.ask(question, signal).catch(error => {
      throw Object.assign(error, { reason: error.reason ?? unreadyReasonOf(error) })
    })

    const suffix = name === undefined ? '' : `_${name}`
    app.health.check(`database${suffix}`, async signal => {
      await ask(async sql => await sql`/* probe_database */ select 1`, signal)
      return 'Database connection is working'
    }, critical)

    if (migrations !== undefined) {
      let served = false
      const counted = app.hasDecorator('metrics') && name === undefined ? counter() : () => {}
      app.health.check(`migrations${suffix}`, async signal => {
        const pending = await ask(async sql => await pendingMigrations(sql, migrations), signal).catch(error => {
          // A newer version that starts beside this one migrates first; what served until then goes on until it is replaced.
          if (error.reason === 'database_newer' && served) return []
          throw error
        })
        served ||= pending.length === 0
        counted(migrations.length - pending.length, pending.length)
        if (pending.length > 0) throw new PendingMigrations(pending)
      }, { ...critical, on: ['ready'] })
    }

    if (tables.length > 0) {
      app.health.check(`tables${suffix}`, async signal => {
        await ask(async sql => await assertUsable(sql, tables), signal)
      }, { ...critical, on: ['ready'] })
    }
  }

  app.addHook('onClose', async () => {
    await Promise.all([client.end({ timeout: closeTimeoutSeconds }), probe.close()])
  })
}, { name: 'postgres', fastify: '5.x' })

class PendingMigrations extends Error {
  reason = 'migrations_pending'

  constructor (pending: Migration[]) {
    super(`Not applied yet: ${pending.map(({ version, name }) => `${version} ${name}`).join(', ')}`)
  }
}
