import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClient } from '../src/postgres/client.js'
import { payload } from './fixtures/alertmanager.js'
import { missing, startLoad } from './fixtures/load.js'
import { startPostgres } from './fixtures/postgres.js'
import { launchService, preload, runService, startService, temporaryDirectory } from './fixtures/service.js'
import { until } from './fixtures/until.js'

const post = async (origin: string) => await fetch(`${origin}/api/alerts`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload())
})
const status = async (url: string) => (await fetch(url)).status

t.test('on its own database', async t => {
  const DATA_DIR = await temporaryDirectory(t)
  const postmaster = async () => Number((await readFile(join(DATA_DIR, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
  const isGone = (pid: number) => async () => !/^State:\s+[^Z]/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))

  t.test('the first start tells what it does, then serves', async t => {
    const service = await startService(t, { DATA_DIR })
    t.match(service.told(), /initialising PostgreSQL[^]*starting PostgreSQL[^]*applied migration 1[^]*\/health\/ready\/[^]*\/metrics\/[^]*\/api\/alerts[^]*\/docs[^]*Ctrl-C/)
    for (const path of ['/health/', '/health/ready/', '/health/live/', '/metrics/', '/api/alerts', '/docs', '/docs/json']) t.equal(await status(service.origin + path), 200, path)
    t.equal((await post(service.origin)).status, 200)

    const second = await runService({ DATA_DIR })
    t.equal(second.code, 1)
    t.match(second.told, /cannot start\. The data directory .* is in use by another instance/)
    t.notMatch(second.told, /\n +at /)

    const pid = await postmaster()
    t.equal(await service.stop('SIGINT'), 0)
    await until('PostgreSQL to be gone', isGone(pid))
  })

  t.test('the second start keeps what was stored, and says nothing of initialising', async t => {
    const service = await startService(t, { DATA_DIR })
    t.notMatch(service.told(), /initialising|applied/)
    const { alerts } = await (await fetch(`${service.origin}/api/alerts`)).json() as { alerts: unknown[] }
    t.equal(alerts.length, payload().alerts.length)
    const pid = await postmaster()
    service.process.kill('SIGKILL')
    await until('PostgreSQL to be gone with the service that was killed', isGone(pid))
  })
})

t.test('what keeps it from starting is told in a sentence, with exit code 1 and no stack trace', async t => {
  const { url } = await startPostgres(t)
  const busy = createServer().listen(0)
  t.teardown(() => { busy.close() })
  const { port } = busy.address() as AddressInfo
  const directory = await temporaryDirectory(t)
  const file = join(directory, 'file')
  await writeFile(file, '')
  const with_ = (change: Partial<Record<'password' | 'pathname' | 'port' | 'hostname', string>>) => String(Object.assign(new URL(url), change))

  for (const [what, environment, sentence] of [
    ['a port in use', { DATABASE_URL: url, PORT: String(port) }, `Port ${port} on 0\\.0\\.0\\.0 is in use by another program`],
    ['a host that is not this machine\'s', { DATABASE_URL: url, HOST: '192.0.2.77' }, 'This machine has no address 192\\.0\\.2\\.77'],
    ['no server at the URL', { DATABASE_URL: with_({ port: '1' }) }, 'No PostgreSQL answers at 127\\.0\\.0\\.1:1 \\(ECONNREFUSED\\)'],
    ['a wrong password', { DATABASE_URL: with_({ password: 'hunter2' }) }, 'does not let user postgres in \\(28P01\\)'],
    ['a wrong database', { DATABASE_URL: with_({ pathname: '/nowhere' }) }, 'has no database nowhere \\(3D000\\)'],
    ['a URL whose password is not encoded', { DATABASE_URL: 'postgres://a:hunter2#b@c/d' }, 'The database URL cannot be read'],
    ['a URL that is none', { DATABASE_URL: 'postgres://a:hunter2@b:c/d' }, 'The database URL cannot be read'],
    ['a directory that cannot be written', { DATA_DIR: join(file, 'data') }, 'Cannot write to the data directory .*/file/data \\(ENOTDIR\\)'],
    ['a wrong variable', { PORT: 'abc' }, 'PORT is "abc", but must be integer'],
    ['production without a database', { NODE_ENV: 'production' }, 'DATABASE_URL is not set']
  ] as Array<[string, Record<string, string>, string]>) {
    const { code, told, logged } = await runService(environment)
    t.equal(code, 1, what)
    t.match(told, new RegExp(`cannot start\\. .*${sentence}`), what)
    t.notMatch(told + logged, /\n +at |hunter2/, what)
  }
})

t.test('a server that takes connections and closes them again is told as one that does not answer', async t => {
  const proxy = createServer(socket => { socket.once('data', () => { socket.end() }) }).listen(0)
  t.teardown(() => { proxy.close() })
  const { port } = proxy.address() as AddressInfo
  const { code, told } = await runService({ DATABASE_URL: `postgres://user@127.0.0.1:${port}/db`, DATABASE_CONNECT_TIMEOUT_SECONDS: '0.5' })
  t.equal(code, 1)
  t.match(told, /PostgreSQL at 127\.0\.0\.1:\d+ does not answer in time/)
})

t.test('stopped while it starts, it leaves no PostgreSQL behind, and starts again', async t => {
  const DATA_DIR = await temporaryDirectory(t)
  for (const wait of [0, 150, 300, 600, 1000]) {
    const starting = launchService({ DATA_DIR })
    await new Promise(resolve => setTimeout(resolve, 300 + wait))
    // As the terminal and npm do it: to the process itself, twice.
    starting.process.kill('SIGINT')
    starting.process.kill('SIGINT')
    const code = await starting.exited
    t.ok(code === 0 || code === null, `stopped after ${300 + wait} ms with ${code}: ${starting.told()}`)
  }
  const service = await startService(t, { DATA_DIR })
  t.equal(await service.stop(), 0)
})

t.test('several instances started at once on one empty database all become ready, and each migration ran once', async t => {
  const { url } = await startPostgres(t)
  const services = await Promise.all([1, 2, 3, 4].map(async () => await startService(t, { DATABASE_URL: url })))
  for (const { origin } of services) t.equal(await status(`${origin}/health/ready/`), 200)
  t.equal(services.filter(({ told }) => told().includes('applied migration 1,')).length, 1)
  for (const { stop } of services) t.equal(await stop(), 0)
})

t.test('on SIGTERM', async t => {
  const { url } = await startPostgres(t)

  t.test('it is not ready first, serves on, finishes what is under way, and exits with 0', async t => {
    const service = await startService(t, { DATABASE_URL: url, SHUTDOWN_DRAIN_MS: '1000', HEALTH_KEEP_MS: '0' })
    const sql = createClient({ url, poolSize: 2 })
    t.teardown(async () => { await sql.end() })
    let unlock = () => {}
    const locked = sql.begin(async sql => {
      await sql`lock table alerts`
      await new Promise<void>(resolve => { unlock = resolve })
    })
    await until('the table to be locked', async () => (await sql`select from pg_locks where relation = 'alerts'::regclass and granted`).length > 0)
    const underWay = post(service.origin)
    await until('the request to wait for it', async () => (await sql`select from pg_locks where not granted`).length > 0)

    const stopped = service.stop()
    await until('readiness to be off', async () => await status(`${service.origin}/health/ready/`) === 503)
    t.same(await (await fetch(`${service.origin}/health/ready/`)).json(), { status: 'not_ready', reason: 'shutting_down' })
    t.equal(await status(`${service.origin}/health/live/`), 200)
    await until('the server to close', async () => await fetch(service.origin).then(() => false, () => true))
    unlock()
    await locked
    t.equal((await underWay).status, 200)
    t.equal(await stopped, 0)
  })

  t.test('no request that was accepted fails, of clients that keep their connections alive, and each alert that was answered is stored', async t => {
    const service = await startService(t, { DATABASE_URL: url, SHUTDOWN_DRAIN_MS: '500' })
    const load = startLoad(t, service.origin, { connections: 16 })
    await until('the load to be under way', () => (load.outcomes()['200'] ?? 0) > 200)
    const stopped = service.stop()
    await until('the phase to show', async () => /^service_phase{phase="draining"} 1$/m.test(await (await fetch(`${service.origin}/metrics/`)).text()))
    t.equal(await stopped, 0)
    const { refused = 0, ...outcomes } = await load.stop()
    t.ok(refused > 0, 'the load went on until nobody listened')
    t.strictSame(Object.keys(outcomes), ['200'], JSON.stringify(outcomes))

    const sql = createClient({ url, poolSize: 1 })
    t.teardown(async () => { await sql.end() })
    t.strictSame(await missing(sql, load.stored()), [])
  })

  t.test('a second signal stops it at once', async t => {
    const service = await startService(t, { DATABASE_URL: url, SHUTDOWN_DRAIN_MS: '60000' })
    const stopped = service.stop()
    await until('readiness to be off', async () => await status(`${service.origin}/health/ready/`) === 503)
    await sleep(1100)
    service.process.kill('SIGTERM')
    t.equal(await stopped, 1)
    t.match(service.told(), /stopping at once \(SIGTERM again\)/)
  })

  t.test('what does not end in time is broken off', async t => {
    const service = await startService(t, { DATABASE_URL: url, SHUTDOWN_REQUESTS_TIMEOUT_MS: '500', DATABASE_CLOSE_TIMEOUT_SECONDS: '0.5' })
    const { port } = new URL(service.origin)
    const stuck = connect(Number(port), '127.0.0.1').on('error', () => {})
    stuck.write('POST /api/alerts HTTP/1.1\r\nHost: ')
    await once(stuck, 'connect')
    t.equal(await service.stop(), 0)
    t.ok(stuck.destroyed || await once(stuck, 'close'))
  })
})

t.test('on an exception that nobody caught it logs, is not ready, finishes what is under way, and exits with 1', async t => {
  const { url } = await startPostgres(t)
  // Between starting and serving there is no other way in.
  const NODE_OPTIONS = await preload(t, 'process.on("SIGWINCH", () => { throw new Error("out of the blue") })')
  const service = await startService(t, { DATABASE_URL: url, SHUTDOWN_DRAIN_MS: '1000', NODE_OPTIONS })
  const load = startLoad(t, service.origin, { connections: 4 })
  await until('the load to be under way', () => (load.outcomes()['200'] ?? 0) > 50)
  const exited = once(service.process, 'exit')
  service.process.kill('SIGWINCH')
  await until('readiness to be off', async () => await status(`${service.origin}/health/ready/`) === 503)
  service.process.kill('SIGWINCH')
  t.same(await exited, [1, null])
  t.match(service.told(), /an unexpected exception \(uncaughtException\): Error: out of the blue\n[^]*stopping \(after an exception\)[^]*stopped/)
  t.match(service.logged(), /"level":60.*"message":"out of the blue".*"msg":"Unexpected exception: the service stops"/)
  const { refused: _, ...outcomes } = await load.stop()
  t.strictSame(Object.keys(outcomes), ['200'], JSON.stringify(outcomes))
})

t.test('without migrating at the start it is not ready until they are applied', async t => {
  const { url } = await startPostgres(t)
  const waiting = await startService(t, { DATABASE_URL: url, MIGRATE_ON_START: 'false', HEALTH_KEEP_MS: '0' })
  t.same(await (await fetch(`${waiting.origin}/health/ready/`)).json(), { status: 'not_ready', reason: 'migrations_pending' })
  await startService(t, { DATABASE_URL: url })
  t.equal(await status(`${waiting.origin}/health/ready/`), 200)
})
