import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { connect as openSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient, type ISql, type Sql } from '../../src/postgres/client/client.js'
import type { ClientOptions } from '../../src/postgres/client/client-options.js'
import { createProbe } from '../../src/postgres/probe.js'
import { gate } from '../fixtures/http.js'
import { measured } from '../fixtures/measured.js'
import { openConnections } from '../fixtures/open-connections.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('a connection', async t => {
  const server = await startPostgres(t)
  const { url } = server
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  const sessions = async () => (await admin`
    select from pg_stat_activity where application_name = 'fastify-vitals'`).length
  const pidOf = async (sql: ISql) => {
    const [row] = await sql<Array<{ pid: number }>>`select pg_backend_pid() as pid`
    return row?.pid as number
  }

  function connect (t: Test, options: Partial<ClientOptions> = {}): Sql {
    const sql = createClient({ url, poolSize: 1, acquireTimeoutMs: 10_000, ...options })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    return sql
  }

  /** A socket to the server that tells what it reads in pieces. */
  function inPieces (cut: (chunk: Buffer) => Buffer[]): Socket {
    const socket = openSocket(Number(new URL(url).port), '127.0.0.1')
    const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean
    socket.emit = (event: string, ...args: unknown[]) => event === 'data'
      ? cut(args[0] as Buffer).map(piece => emit(event, piece)).some(Boolean)
      : emit(event, ...args)
    return socket
  }

  await t.test('that nobody uses is closed, and another opened when it is needed', async t => {
    const sql = connect(t, { poolSize: 3, idleTimeoutSeconds: 0.3 })
    const held = await Promise.all([1, 2, 3].map(async () => await sql.reserve()))
    t.equal(await sessions(), 3)
    for (const each of held) each.release()
    await until('them to be closed', async () => await sessions() === 0)
    t.same(await sql`select 1 as one`, [{ one: 1 }])
    await until('that one to be closed, too', async () => await sessions() === 0)
  })

  await t.test('that is in use is not idle', async t => {
    const sql = connect(t, { idleTimeoutSeconds: 0.2 })
    await sql.begin(async sql => {
      const pid = await pidOf(sql)
      await sleep(500)
      t.equal(await pidOf(sql), pid)
    })
  })

  await t.test('that nobody uses is closed, and the one that is used is not', async t => {
    const sql = connect(t, { poolSize: 2, idleTimeoutSeconds: 1 })
    const held = await Promise.all([sql.reserve(), sql.reserve()])
    const both = await Promise.all(held.map(pidOf))
    for (const each of held) each.release()
    await until('one of them to be closed', async () => {
      if (!both.includes(await pidOf(sql))) throw new Error('The one that was used has been closed')
      return await sessions() === 1
    })
  })

  for (const options of [
    { idleTimeoutSeconds: 600 },
    // Longer than a timer of Node.js can be.
    { idleTimeoutSeconds: 3_000_000, maxLifetimeSeconds: 0 },
    { maxLifetimeSeconds: 0 },
    { queryTimeoutMs: 5000 }
  ]) {
    await t.test(`that idles seldom wakes the process, with ${JSON.stringify(options)}`, async t => {
      const sql = connect(t, { ...options, acquireTimeoutMs: 0 })
      await sql`select 1`
      let timers = 0
      const began = performance.now()
      const hook = createHook({ init (_id, type) { if (type === 'Timeout') timers++ } }).enable()
      for (let n = 0; n < 20; n++) await sql`select 1`
      await sleep(50)
      hook.disable()
      const ms = performance.now() - began
      t.ok(timers < 5 + ms / 50, `${timers} timers in ${ms} ms`)
    })
  }

  await t.test('that idles is not watched once nothing waits for it or is executed', async t => {
    const sql = connect(t, { queryTimeoutMs: 5000 })
    await sql`select 1`
    let looks = 0
    const hook = createHook({ init (_id, type) { if (type === 'Immediate') looks++ } }).enable()
    t.teardown(() => { hook.disable() })
    await until('the last look', async () => {
      const before = looks
      await sleep(300)
      return looks === before
    })
  })

  await t.test('that is old is replaced once nobody has it, and no query fails of that', async t => {
    const { sql, read } = measured(t, connect(t, { maxLifetimeSeconds: 0.2 }))
    const pids = new Set<number>()
    while (pids.size < 4) pids.add(await pidOf(sql))
    await sql.begin(async sql => {
      const pid = await pidOf(sql)
      await sleep(500)
      t.equal(await pidOf(sql), pid, 'a transaction is not cut short')
    })
    t.equal(read('db.query.errors').count, 0)
    await until('the idle one to be replaced, too', async () => await sessions() === 0)
  })

  for (const code of ['25006', '57P01', '57P02', '57P03', '08006', '08P01']) {
    await t.test(`whose server said ${code} is given up`, async t => {
      const sql = connect(t)
      const text = `do $$ begin raise exception using errcode = '${code}'; end $$`
      const fail = async (sql: ISql) => await sql.unsafe(text)
      const pid = await pidOf(sql)
      await t.rejects(fail(sql), { code })
      const next = await pidOf(sql)
      t.not(next, pid)
      await t.rejects(sql.begin(fail), { code })
      t.not(await pidOf(sql), next)
    })
  }

  await t.test('whose query failed by itself is kept, and so it is while it has not idled for too long', async t => {
    const sql = connect(t, { idleTimeoutSeconds: 600 })
    const pid = await pidOf(sql)
    for (const text of ['select 1 / 0', 'select nothing', 'selec']) await t.rejects(sql.unsafe(text))
    t.equal(await pidOf(sql), pid)
    await sleep(50)
    t.equal(await pidOf(sql), pid)
  })

  await t.test('whose answers come in pieces is kept; one on which no end is seen is replaced', async t => {
    let pieces = 0
    const cut = (chunk: Buffer) => pieces-- > 0 ? [chunk.subarray(0, -1), chunk.subarray(-1)] : [chunk]
    const sql = connect(t, { driver: { socket: () => inPieces(cut) } })
    const pid = await pidOf(sql)
    // Of a query, and of the statements after it that find out whether the server is ready.
    pieces = 1 + 3
    t.equal(await pidOf(sql), pid)
    t.equal(await pidOf(sql), pid)
    pieces = 1 + 4
    t.equal(await pidOf(sql), pid)
    t.not(await pidOf(sql), pid)
  })

  await t.test('that the server ends while it idles is noticed before it is used', async t => {
    const { sql, read } = measured(t, connect(t))
    for (let round = 0; round < 5; round++) {
      const pid = await pidOf(sql)
      await admin`select pg_terminate_backend(${pid})`
      await until('it to be noticed', () => read('db.connections.closed').count === round + 1)
      t.not(await pidOf(sql), pid)
    }
    t.equal(read('db.query.errors').count, 0)
  })

  await t.test('whose array types cannot be asked for is not opened, and says why', async t => {
    await admin.unsafe('create role reader login password \'reader\'; revoke select on pg_catalog.pg_type from public')
    t.teardown(async () => { await admin`grant select on pg_catalog.pg_type to public` })
    const reader = Object.assign(new URL(url), { username: 'reader', password: 'reader' }).href
    const refused = { code: '42501', message: /pg_type/, severity: 'ERROR', severity_local: 'ERROR', routine: /^acl/ }
    await t.rejects(connect(t, { url: reader })`select 1`, refused)
    const bytewise = () => inPieces(chunk => [...chunk].map(byte => Buffer.from([byte])))
    await t.rejects(connect(t, { url: reader, driver: { socket: bytewise } })`select 1`, refused)
    t.same(await connect(t, { url: reader, fetchTypes: false })`select 1 as one`, [{ one: 1 }])
    const probe = createProbe({ url: reader })
    const { signal } = new AbortController()
    t.same(await probe.ask(async sql => await sql`select 1 as one`, signal), [{ one: 1 }], 'a probe needs none')
    await probe.close()
  })

  await t.test('that cannot be opened is told of at once, with the reason', async t => {
    const wrong = Object.assign(new URL(url), { password: 'wrong' }).href
    const sql = connect(t, { url: wrong })
    const asked = await Promise.allSettled([sql`select 1`, sql.reserve(), sql.begin(async () => {})])
    const reason = { code: '28P01', file: 'auth.c' }
    t.match(asked, [1, 2, 3].map(() => ({ reason })), 'with all that the server says')
    const nowhere = Object.assign(new URL(url), { pathname: '/nowhere' }).href
    await t.rejects(connect(t, { url: nowhere })`select 1`, { code: '3D000' })
    await t.rejects(connect(t, { queryTimeoutMs: 3e9 })`select 1`, { code: '22023', message: /statement_timeout/ })
  })

  await t.test('is tried for again after a pause that grows', async t => {
    const times: number[] = []
    const refusing = createServer(socket => {
      times.push(performance.now())
      socket.on('error', () => {}).once('data', () => { socket.destroy() })
    }).listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    t.teardown(() => { refusing.close() })
    const sql = connect(t, { url: `postgres://a:b@127.0.0.1:${(refusing.address() as AddressInfo).port}/c` })
    while (times.length < 9) await t.rejects(sql`select 1`, { code: 'CONNECTION_CLOSED' })
    const gaps = times.slice(1).map((time, at) => time - (times[at] as number))
    const sum = (some: number[]) => some.reduce((all, gap) => all + gap, 0)
    t.ok(sum(gaps.slice(-3)) > 2 * sum(gaps.slice(0, 3)), gaps.map(Math.round).join())
  })

  await t.test('that cannot be opened is tried for one at a time, however many wait', async t => {
    let tries = 0
    const socket = () => {
      tries++
      throw Object.assign(new Error('No way there'), { code: 'NO_WAY' })
    }
    const sql = connect(t, { poolSize: 5, driver: { socket } })
    const ask = async () => await Promise.allSettled(Array.from({ length: 5 }, async () => await sql`select 1`))
    await ask()
    t.equal(tries, 5, 'each has one at first')
    const reason = { code: 'NO_WAY' }
    t.match(await ask(), Array.from({ length: 5 }, () => ({ reason })), 'and one tells all of the others later')
    t.equal(tries, 6)
  })

  await t.test('whose socket comes too late is not opened, and that socket is closed', async t => {
    const { open, opened } = gate()
    let late: Socket | undefined
    const socket = async () => {
      await opened
      late = openSocket(Number(new URL(url).port), '127.0.0.1')
      return late
    }
    await t.rejects(connect(t, { connectTimeoutSeconds: 0.1, driver: { socket } })`select 1`, {
      code: 'CONNECT_TIMEOUT'
    })
    open()
    await until('the socket to be closed', () => late?.closed === true)
    t.equal(await sessions(), 0)
  })

  await t.test('to a server that is frozen is given up, and another opened once it is not', async t => {
    const sql = connect(t, { poolSize: 2, queryTimeoutMs: 300, acquireTimeoutMs: 10_000, connectTimeoutSeconds: 0.4 })
    await openConnections(sql, 2)
    await server.signal('SIGSTOP')
    const ask = async () => await sql`select 1`.then(() => 'answered', ({ code }) => code)
    t.strictSame(new Set(await Promise.all([ask(), ask()])), new Set(['QUERY_TIMEOUT']))
    t.strictSame(new Set(await Promise.all([ask(), ask(), ask()])), new Set(['CONNECT_TIMEOUT']))
    await server.signal('SIGCONT')
    await until('it to answer', async () => await ask() === 'answered')
  })

  await t.test('to a server that is down is told of with the reason, and opened once it is up', async t => {
    const sql = connect(t, { poolSize: 2 })
    await sql`select 1`
    await server.stop()
    const ask = async () => await sql`select 1`.then(() => 'answered', ({ code }) => code)
    await until('the reason to be told', async () => await ask() === 'ECONNREFUSED')
    await server.start()
    await until('it to answer', async () => await ask() === 'answered')
  })

  await t.test('that is held for too long is told of with the place that asked for it', async t => {
    const warnings: Array<{ message: string, place?: string }> = []
    const sql = connect(t, { poolSize: 2, leakDetectionMs: 100, onWarning: warning => { warnings.push(warning) } })
    const unwatched = await connect(t, { onWarning: warning => { warnings.push(warning) } }).reserve()
    const quick = await sql.reserve()
    quick.release()
    const held = await sql.reserve()
    await until('it to be told of', () => warnings.length > 0)
    held.release()
    await sleep(200)
    unwatched.release()
    t.match(warnings, [{ message: /more than 100 ms/, place: /lifetime/ }])
    t.equal(warnings.length, 1)
  })
})
