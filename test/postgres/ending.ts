import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { gate } from '../fixtures/http.js'
import { openConnections } from '../fixtures/open-connections.js'
import { freePort } from '../fixtures/programs.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

const timers = () => process.getActiveResourcesInfo().filter(type => type === 'Timeout').length

t.test('a client that ends', async t => {
  const { url } = await startPostgres(t)
  const { hostname, port } = new URL(url)

  /** A client whose sockets are ours, to see what becomes of them. */
  function open (poolSize: number) {
    const sockets: Socket[] = []
    const socket = async () => {
      const made = connect(Number(port), hostname)
      sockets.push(made)
      await once(made, 'connect')
      return made
    }
    return { sockets, sql: createClient({ url, poolSize, driver: { socket } }) }
  }
  const states = (sockets: readonly Socket[]) => sockets.map(({ closed }) => closed)

  await t.test('has done so once each of its sockets has closed', async t => {
    const { sql, sockets } = open(3)
    await openConnections(sql, 3)
    t.strictSame(states(sockets), [false, false, false])
    await sql.end()
    t.strictSame(states(sockets), [true, true, true])
    const server = createClient({ url, applicationName: 'admin' })
    await until('the server to have ended its sessions', async () => (await server`
      select from pg_stat_activity where application_name = 'fastify-vitals'`).length === 0)
    t.match(
      await server`select sessions_abandoned::int as abandoned from pg_stat_database where datname = 'postgres'`,
      [{ abandoned: 0 }],
      'the server was told of their ends'
    )
    await server.end()
    await t.rejects(sql`select 1`, { code: 'CONNECTION_ENDED' })
    await t.rejects(sql.reserve(), { code: 'CONNECTION_ENDED' })
  })

  await t.test('waits for what was asked, and for whoever waits behind it', async t => {
    const { sql, sockets } = open(1)
    const [begun, over] = [gate(), gate()]
    const held = sql.begin(async sql => {
      begun.open()
      await over.opened
      return await sql`select 0 as n`
    })
    await begun.opened
    const asked = [1, 2, 3].map(n => sql`select ${n}::int as n, pg_sleep(0.02)`.execute())
    const ended = sql.end()
    over.open()
    await ended
    t.match((await Promise.all([held, ...asked])).flat(), [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }])
    t.strictSame(states(sockets), [true])
  })

  await t.test('at once rejects what is under way and what waits, and closes what it has', async t => {
    const { sql, sockets } = open(1)
    await sql`select 1`
    const under = sql`select pg_sleep(60)`.execute()
    const waiting = sql`select 2`.execute()
    const told = Promise.all([under, waiting].map(async query => await query.then(() => 'done', ({ code }) => code)))
    await until('both to be asked', () => sockets.length === 1)
    await sql.end({ timeout: 0 })
    t.strictSame(await told, ['CONNECTION_DESTROYED', 'CONNECTION_DESTROYED'])
    t.strictSame(states(sockets), [true])
  })

  await t.test('leaves no timer that would keep the process, also where it could not connect', async t => {
    const before = timers()
    const away = createClient({ url: `postgres://127.0.0.1:${await freePort()}/none`, poolSize: 2 })
    for (let attempt = 0; attempt < 5; attempt++) await t.rejects(away`select 1`, { code: 'ECONNREFUSED' })
    await away.end()
    t.equal(timers(), before)
    const sql = createClient({ url, poolSize: 2, acquireTimeoutMs: 5000, queryTimeoutMs: 5000, idleTimeoutSeconds: 60 })
    await sql`select 1`
    const cancelled = sql`select pg_sleep(59)`.execute()
    await until('it to be executed', async () => (await sql`
      select from pg_stat_activity where query = 'select pg_sleep(59)' and state = 'active'`).length === 1)
    cancelled.cancel()
    await t.rejects(cancelled, { code: '57014' })
    await sql.end({ timeout: 60 })
    await until('no timer to be left', () => timers() === before)
  })
})
