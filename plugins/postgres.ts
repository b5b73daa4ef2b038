import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { assertFree } from '../src/plugin/assert-free.js'
import { whenOffered } from '../src/plugin/offers.js'
import { rootOf } from '../src/plugin/root-context.js'
import { checkPluginOptions } from '../src/plugin/options.js'
import { bindClient } from '../src/postgres/client/request-client.js'
import { databaseChecks } from '../src/postgres/checks.js'
import { createClient, type Sql } from '../src/postgres/client/client.js'
import { addClient, isAdded } from '../src/postgres/client/clients.js'
import { checkDriver, driverOptions, postgresOptions, type PostgresOptions } from '../src/postgres/options.js'
import { createProbe } from '../src/postgres/probe.js'

export type { PostgresOptions } from '../src/postgres/options.js'

/** Databases that are registered with a name, for TypeScript: `interface NamedDatabases { reports: Sql }`. */
export interface NamedDatabases {}

declare module 'fastify' {
  interface FastifyInstance {
    sql: Sql & NamedDatabases
  }
  interface FastifyRequest {
    /**
     * `app.sql`, whose queries are charged to the request: metrics tell how many there were and how long they took, by
     * its route.
     */
    readonly sql: Sql & NamedDatabases
  }
}

/**
 * Decorates the app with `app.sql`, and each request with `request.sql`, measured by the plugin metrics and checked by
 * the plugin health, whichever of them is registered first. Registered again with a name it is `app.sql[name]`. Throws
 * a TypeError when an option is wrong.
 */
export default fp(async function postgres (app: FastifyInstance, options: PostgresOptions) {
  checkPluginOptions('postgres', postgresOptions, options, driverOptions)
  checkDriver(options)
  const { name, closeTimeoutSeconds = 5, migrations, tables = [], ...clientOptions } = options
  const told = new Set<string>()
  let countFailure = (_hook: string) => {}
  const onHookError = (hook: string, error: unknown) => {
    countFailure(hook)
    if (told.has(hook)) return
    told.add(hook)
    app.log.error({ err: error, hook }, `${hook} of postgres threw: what it was told of goes on; logged this once`)
  }
  const client = createClient({
    onHookError,
    onNotice: ({ severity, code, routine }) => app.log.debug({ severity, code, routine }, 'PostgreSQL gave notice'),
    onWarning: ({ message, place }) => app.log.warn({ place }, message),
    ...clientOptions
  })
  const probe = createProbe({ ...clientOptions, onHookError })

  const present = app.hasDecorator('sql') ? app.sql : undefined
  assertFree(present !== undefined && !isAdded(present), 'postgres', 'sql')
  const sql = addClient(present, client, name)
  if (present === undefined) {
    app.decorate('sql', sql)
    decorateRequests(app)
  } else {
    app.sql = sql
  }

  let counted = (_applied: number, _pending: number) => {}
  whenOffered(app, 'metrics', ({ measure, catalogue, guard }) => {
    measure(client, { ...name !== undefined && { pool: name } })
    countFailure = hook => { guard.failures(`postgres_${hook}`).add(1) }
    if (migrations === undefined || name !== undefined) return
    const cells = [catalogue.value('migrations.applied').cell(), catalogue.value('migrations.pending').cell()] as const
    counted = guard('migrations', (applied, pending) => {
      cells[0].set(applied)
      cells[1].set(pending)
    })
  })

  whenOffered(app, 'health', ({ check }) => {
    assertNotChecked(app, name)
    const suffix = name === undefined ? '' : `_${name}`
    for (const [each, run, options] of databaseChecks(probe, {
      migrations,
      tables,
      counted: (...numbers) => { counted(...numbers) }
    })) {
      check(`${each}${suffix}`, run, options)
    }
  })

  app.addHook('onClose', async () => {
    await Promise.all([client.end({ timeout: closeTimeoutSeconds }), probe.close()])
  })
}, { name: 'postgres', fastify: '5.x' })

/** Names of the databases that an app's health looks at, whichever contexts they are in. */
const checked = new WeakMap<FastifyInstance, Set<string>>()

function assertNotChecked (app: FastifyInstance, name = ''): void {
  const root = rootOf(app)
  const names = checked.get(root) ?? new Set()
  if (names.has(name)) {
    throw new Error(
      `postgres is registered ${name === '' ? 'without a name' : `with the name ${name}`} in two contexts, ` +
      'and the plugin health has one check of that name for both: ' +
      "give each a name of its own, such as { name: 'reports' }"
    )
  }
  checked.set(root, names.add(name))
}

function decorateRequests (app: FastifyInstance): void {
  let sqlOf = (_request: FastifyRequest): Sql => app.sql
  whenOffered(app, 'metrics', ({ queriesOf }) => {
    sqlOf = request => {
      const queries = queriesOf(request)
      return (queries.facade ??= bindClient(app.sql, queries)) as Sql
    }
  })
  app.decorateRequest('sql', { getter () { return sqlOf(this) as Sql & NamedDatabases } })
}
