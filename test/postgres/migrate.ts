import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { migrate, pendingMigrations, readMigrations, type Migration } from '../../src/postgres/migrate.js'
import { startPostgres } from '../fixtures/postgres.js'

const migrations = [
  { version: 1, name: 'one', sql: 'create table one (id integer);\ncreate table again (id integer)' },
  { version: 2, name: 'two', sql: 'insert into one values (1)' }
]

/** The URL of another user, whose password is its name. */
function as (url: string, name: string): string {
  return String(Object.assign(new URL(url), { username: name, password: name }))
}

t.test('migrations', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 4 })
  t.teardown(async () => { await sql.end() })
  const fresh = async () => { await sql`drop table if exists schema_migrations, one, again` }

  t.test('are pending before, applied in order, and not pending after', async t => {
    await fresh()
    t.match(await pendingMigrations(sql, migrations), [{ version: 1 }, { version: 2 }])
    t.match(await migrate(sql, migrations.slice(0, 1)), [{ version: 1 }])
    t.match(await pendingMigrations(sql, migrations), [{ version: 2 }])
    t.match(await migrate(sql, migrations), [{ version: 2 }])
    t.same(await migrate(sql, migrations), [])
    t.same(await sql`select id from one`, [{ id: 1 }])
  })

  t.test('run once each when several instances start at once', async t => {
    await fresh()
    const applied = await Promise.all([1, 2, 3, 4].map(async () => await migrate(sql, migrations)))
    t.same(applied.flat().map(({ version }) => version).sort(), [1, 2])
    t.same(await sql`select id from one`, [{ id: 1 }])
  })

  t.test('leave nothing behind when one of them fails', async t => {
    await fresh()
    await t.rejects(migrate(sql, [...migrations, { version: 3, name: 'bad', sql: 'select 1/0' }]), { code: '22012' })
    t.equal((await pendingMigrations(sql, migrations)).length, 2)
  })
})

t.test('a database that has had other migrations is noticed', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 2 })
  t.teardown(async () => { await sql.end() })
  await migrate(sql, migrations)
  const [one, two] = migrations as [Migration, Migration]
  const cases: Array<[string, Migration[], string, RegExp]> = [
    [
      'newer',
      [one],
      'database_newer',
      /database is newer than this version of the service: it has had migration 2, two/
    ],
    ['renamed', [{ ...one, name: 'uno' }, two], 'migrations_changed', /another migration 1 .*one there, uno here\./],
    [
      'changed',
      [one, { ...two, sql: 'insert into one values (2)' }],
      'migrations_changed',
      /another migration 2 .*with another text/
    ]
  ]
  for (const [title, ours, reason, message] of cases) {
    await t.rejects(pendingMigrations(sql, ours), { reason, message }, title)
    await t.rejects(migrate(sql, ours), { reason, message }, title)
  }
  t.same(
    await migrate(sql, migrations.map(migration => ({ ...migration, sql: migration.sql.replaceAll('\n', '\r\n') }))),
    [],
    'line ends do not matter'
  )
  await sql`alter table schema_migrations drop column checksum`
  t.same(await pendingMigrations(sql, migrations), [], 'a version before kept no checksums')
})

t.test('where nothing is left to do, nothing is written, and no right to write is needed', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 4 })
  const low = createClient({ url: as(url, 'low'), poolSize: 1 })
  t.teardown(async () => { await Promise.all([sql.end(), low.end()]) })
  await migrate(sql, migrations)
  await sql`create role low login password 'low'`
  await sql`grant select on schema_migrations to low`

  t.strictSame(await migrate(low, migrations), [])
  await low`set session characteristics as transaction read only`
  t.strictSame(await migrate(low, migrations), [], 'as on a standby')
  await sql.begin(async reader => {
    await reader`lock table schema_migrations in share mode`
    t.strictSame(await migrate(sql, migrations, { waitSeconds: 1 }), [], 'whoever reads is not waited for')
  })

  const sums = async () => await sql`select to_jsonb(m) ->> 'checksum' as sum from schema_migrations m order by version`
  const right = await sums()
  t.match(right, [{ sum: /^\w{64}$/ }, { sum: /^\w{64}$/ }])
  const forget = async () => { await sql`alter table schema_migrations drop column checksum` }
  await forget()
  t.strictSame(await migrate(low, migrations), [], 'a version before kept no checksums')
  t.match(await sums(), [{ sum: null }, { sum: null }])
  await Promise.all([1, 2, 3, 4].map(async () => await migrate(sql, migrations)))
  t.same(await sums(), right, 'who may write them down does')
  await forget()
  const third = { version: 3, name: 'three', sql: 'create table three ()' }
  t.match(await migrate(sql, [...migrations, third]), [{ version: 3 }])
  t.same((await sums()).slice(0, 2), right, 'also when there is something to do')
})

t.test('each schema of search_path has migrations of its own', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  const shop = createClient({ url: `${url}?search_path=shop,public`, poolSize: 1 })
  t.teardown(async () => { await Promise.all([sql.end(), shop.end()]) })
  await migrate(sql, migrations)
  await sql`create schema shop`
  t.match(await migrate(shop, migrations), [{ version: 1 }, { version: 2 }])
  t.same(await sql`select id from shop.one`, [{ id: 1 }])
})

t.test('a user that may not migrate is told which right is missing, and who can do what about it', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await sql.end() })
  await sql`create role low login password 'low'`
  await sql`create role "Own er" login password 'own'`
  const third = { version: 3, name: 'three', sql: 'alter table one add column three integer' }
  const cases = [
    [
      'no right to make tables',
      '',
      'User low may not make tables in the schema public of the database postgres (42501): ' +
        'have its owner execute GRANT CREATE ON SCHEMA public TO low, or have another user migrate'
    ],
    [
      'nor to use the schema',
      'revoke usage on schema public from public',
      'Of the schemas in search_path ("$user", public), ' +
        'the database postgres has none that user low may use (3F000): create one, ' +
        'or have its owner execute GRANT USAGE, CREATE ON SCHEMA public TO low'
    ],
    [
      'tables that are not its own',
      'grant usage on schema public to public; alter table schema_migrations owner to "Own er"; ' +
        'grant all on schema public to low; grant all on all tables in schema public to low',
      'User low may not change the tables in the database postgres, which are those of Own er ' +
        '(must be owner of table one) (42501): have Own er migrate'
    ],
    [
      'nor is it to know of them',
      'revoke all on schema_migrations from low',
      'User low may not read which migrations the database postgres has had (42501): ' +
        'have Own er execute GRANT SELECT ON public.schema_migrations TO low'
    ],
    [
      'some that are not its own',
      'alter table schema_migrations owner to low',
      'User low may not migrate the database postgres (must be owner of table one) (42501): ' +
        'have the owner of that migrate'
    ]
  ] as const
  for (const [title, change, message] of cases) {
    await sql.unsafe(change)
    const low = createClient({ url: as(url, 'low'), poolSize: 1 })
    await t.rejects(migrate(low, [...migrations, third]), { code: /42501|3F000/, message }, title)
    await low.end()
    await migrate(sql, migrations)
  }
})

t.test('the wait for another instance, and for the tables, is told and has an end', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 2 })
  t.teardown(async () => { await sql.end() })
  const told: string[] = []
  const options = { waitSeconds: 1, progress: (message: string) => { told.push(message) } }
  await sql.begin(async other => {
    await other`select pg_advisory_xact_lock(7223181)`
    await t.rejects(migrate(sql, migrations, options), { message: /Waited 1 s in vain for another instance/ })
  })
  t.strictSame(told, ['another instance is applying migrations: waiting for it, at most 1 s'])
  await migrate(sql, migrations)
  await sql.begin(async other => {
    await other`select from one`
    await t.rejects(
      migrate(
        sql,
        [...migrations, { version: 3, name: 'three', sql: 'alter table one add column two integer' }],
        options
      ),
      { message: /Waited 1 s in vain for the tables that migration 3 changes/ }
    )
  })
  await sql.begin(async other => {
    await other`lock table schema_migrations`
    await t.rejects(
      migrate(sql, migrations, options),
      { message: /Waited 1 s in vain for the table schema_migrations/ }
    )
  })
})

t.test('migration files', async t => {
  const directory = async (...files: string[]) => {
    const path = join(t.testdir(), files.join('+'))
    await mkdir(path, { recursive: true })
    await Promise.all(files.map(async file => { await writeFile(join(path, file), 'select 1') }))
    return path
  }
  t.same(await readMigrations(await directory('002_b.sql', '001_a.sql')), [
    { version: 1, name: 'a', sql: 'select 1' }, { version: 2, name: 'b', sql: 'select 1' }])
  await t.rejects(readMigrations(await directory('1.sql')), /Migration 1\.sql is not named like/)
  await t.rejects(readMigrations(await directory('001_a.sql', '003_c.sql')), /003_c\.sql should have the number 002/)
  await t.rejects(readMigrations(await directory('001_a.sql', '001_b.sql')), /001_b\.sql should have the number 002/)
})

t.test('two migrations of one version are refused before anything is asked', async t => {
  const sql = createClient({ url: 'postgres://127.0.0.1:1/none' })
  t.teardown(async () => { await sql.end() })
  await t.rejects(
    migrate(sql, [...migrations, { version: 2, name: 'other', sql: '' }]),
    { message: /^The migrations two and other both have the version 2: / }
  )
  await t.rejects(pendingMigrations(sql, migrations), { code: 'ECONNREFUSED' }, 'where nothing is known, all is told')
})
