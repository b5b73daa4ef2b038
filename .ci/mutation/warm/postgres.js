// The fixture that starts a PostgreSQL, for tests that run many times in one process: the server stays, and each run
// gets a new database in it. One that a test stopped or sent signals to is not used again.
import postgres from 'postgres'
import { pathToFileURL } from 'node:url'

const { startPostgres: start } = await import(pathToFileURL('test/fixtures/postgres.ts'))
const idle = new Map()

export async function startPostgres (t, options = {}) {
  const key = JSON.stringify(options)
  if (!idle.has(key)) idle.set(key, [])
  const server = idle.get(key).pop() ?? await startServer(options)
  let spoiled = false
  const spoiling = call => async (...args) => {
    spoiled = true
    return await call(...args)
  }
  t.teardown(async () => {
    if (spoiled) return await server.end()
    const { sql } = server
    await sql.unsafe(`alter role postgres password '${new URL(server.url).password}'`)
    await sql`alter system reset all`
    await sql`select pg_reload_conf()`
    const databases = await sql`select datname as name from pg_database where not datistemplate and datname <> 'beside'`
    for (const { name } of databases) await sql`drop database ${sql(name)} with (force)`
    const roles = await sql`select rolname as name from pg_roles where rolname !~ '^(pg_|postgres$|keeper$)'`
    for (const { name } of roles) await sql`drop role ${sql(name)}`
    await sql`create database postgres template template0`
    idle.get(key).push(server)
  })
  const { url, stop, start: restart, signal } = server
  return { url, stop: spoiling(stop), start: spoiling(restart), signal: spoiling(signal) }
}

/** Starts one, which is looked after from a database beside that of the tests. */
async function startServer (options) {
  const teardowns = []
  const server = await start({ teardown: end => teardowns.push(end) }, options)
  const first = postgres(server.url, { max: 1 })
  await first`create database beside template template0`
  await first.unsafe("create role keeper superuser login password 'keeps'")
  await first.end()
  const url = Object.assign(new URL(server.url), { pathname: '/beside', username: 'keeper', password: 'keeps' })
  // A connection only while it is used: tests look at those of the server.
  const connection = { default_transaction_read_only: 'off' }
  const sql = postgres(url.href, { max: 1, idle_timeout: 0.1, onnotice: () => {}, connection })
  const end = async () => {
    await sql.end({ timeout: 1 })
    for (const end of teardowns) await end()
  }
  return { ...server, sql, end }
}
