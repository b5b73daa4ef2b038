import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createClient } from '../src/postgres/client/client.js'
import { payload } from './fixtures/alertmanager.js'
import { startPostgres } from './fixtures/postgres.js'
import { launchService, runService, startService, temporaryDirectory } from './fixtures/service.js'
import { until } from './fixtures/until.js'

const post = async (origin: string) => await fetch(`${origin}/api/alerts`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload())
})
const status = async (url: string) => (await fetch(url)).status

t.test('on its own database', async t => {
  const DATA_DIR = await temporaryDirectory(t)
  const postmaster = async () =>
    Number((await readFile(join(DATA_DIR, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
  const isGone = (pid: number) =>
    async () => !/^State:\s+[^Z]/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))

  t.test('the first start tells what it does, calmly, then serves', async t => {
    const service = await startService(t, { DATA_DIR })
    const lines = service.logged().trim().split('\n').map(line => JSON.parse(line) as { level: number, msg: string })
    t.strictSame(lines.filter(({ level }) => level > 30), [])
    const ofChecks = lines.filter(({ msg }) => msg.startsWith('Health check'))
    t.ok(ofChecks.length <= 1, JSON.stringify(ofChecks))
    t.match(
      service.told(),
      new RegExp([
        'initialising PostgreSQL', 'starting PostgreSQL', 'applied migration 1',
        '/health/ready/', '/metrics/', '/api/alerts', '/docs', 'Ctrl-C'
      ].join('[^]*'))
    )
    for (const path of [
      '/health/',
      '/health/ready/',
      '/health/live/',
      '/metrics/',
      '/api/alerts',
      '/docs',
      '/docs/json'
    ]) t.equal(await status(service.origin + path), 200, path)
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
  const ssh = createServer(socket => { socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n') }).listen(0)
  t.teardown(() => { ssh.close() })
  const { port: other } = ssh.address() as AddressInfo
  const directory = await temporaryDirectory(t)
  const file = join(directory, 'file')
  await writeFile(file, '')
  const with_ = (change: Partial<Record<'username' | 'password' | 'pathname' | 'port' | 'hostname', string>>) =>
    String(Object.assign(new URL(url), change))

  const sql = createClient({ url, poolSize: 1 })
  await sql`create role "poor-man" login password 'hunter2'`
  await sql`create database poor`
  await sql`create database closed`
  await sql`revoke connect on database closed from public`
  await sql.end()

  for (const [what, environment, sentence] of [
    [
      'a port in use',
      { DATABASE_URL: url, PORT: String(port) },
      `Port ${port} on 0\\.0\\.0\\.0 is in use by another program`
    ],
    [
      'a port in use, before there is a database',
      { DATA_DIR: join(directory, 'never'), PORT: String(port) },
      `Port ${port} on 0\\.0\\.0\\.0 is in use by another program`
    ],
    [
      'a management port in use, before there is a database',
      { DATA_DIR: join(directory, 'never'), MANAGEMENT_HOST: '0.0.0.0', MANAGEMENT_PORT: String(port) },
      `Port ${port} on 0\\.0\\.0\\.0 is in use by another program: .* set MANAGEMENT_PORT to another port`
    ],
    [
      'a parameter of another program in the URL',
      { DATABASE_URL: `${url}?schema=public` },
      'DATABASE_URL cannot be used: PostgreSQL does not know schema: write search_path=public'
    ],
    [
      'a parameter that the server does not know',
      { DATABASE_URL: `${url}?serch_path=public` },
      'PostgreSQL at 127\\.0\\.0\\.1:\\d+ does not take serch_path \\(42704\\), a parameter of DATABASE_URL: ' +
        'did you mean search_path\\?'
    ],
    [
      'a host that is not this machine\'s',
      { DATABASE_URL: url, HOST: '192.0.2.77' },
      'This machine has no address 192\\.0\\.2\\.77'
    ],
    [
      'no server at the URL',
      { DATABASE_URL: with_({ port: '1' }) },
      'No PostgreSQL answers at 127\\.0\\.0\\.1:1 \\(ECONNREFUSED\\)'
    ],
    ['a wrong password', { DATABASE_URL: with_({ password: 'hunter2' }) }, 'does not let user postgres in \\(28P01\\)'],
    ['a wrong database', { DATABASE_URL: with_({ pathname: '/nowhere' }) }, 'has no database nowhere \\(3D000\\)'],
    [
      'a URL whose password is not encoded',
      { DATABASE_URL: 'postgres://a:hunter2#b@c/d' },
      'DATABASE_URL cannot be read'
    ],
    ['a URL that is none', { DATABASE_URL: 'postgres://a:hunter2@b:c/d' }, 'DATABASE_URL cannot be read'],
    [
      'a directory that cannot be written',
      { DATA_DIR: join(file, 'data') },
      'Cannot write to the data directory .*/file/data \\(ENOTDIR\\)'
    ],
    [
      'no server at any of several hosts',
      { DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1,127.0.0.1:2/db', DATABASE_CONNECT_TIMEOUT_SECONDS: '0.5' },
      'No PostgreSQL answers at 127\\.0\\.0\\.1:1,127\\.0\\.0\\.1:2 \\(ECONNREFUSED\\)'
    ],
    [
      'less TLS than the URL asks for',
      { DATABASE_URL: `${url}?sslmode=require`, DATABASE_TLS: 'disable' },
      'DATABASE_TLS is disable, but DATABASE_URL has sslmode=require, and connections would not be encrypted: '
    ],
    [
      'a server without TLS',
      { DATABASE_URL: url, DATABASE_TLS: 'require' },
      'PostgreSQL at 127\\.0\\.0\\.1:\\d+ has TLS turned off \\(TLS_NOT_SUPPORTED\\): turn it on there'
    ],
    [
      'something that is no PostgreSQL',
      { DATABASE_URL: with_({ port: String(other) }), DATABASE_TLS: 'require' },
      'What answers at 127\\.0\\.0\\.1:\\d+ is no PostgreSQL \\(NOT_POSTGRESQL\\): correct DATABASE_URL'
    ],
    [
      'a user without rights',
      { DATABASE_URL: with_({ username: 'poor-man', password: 'hunter2', pathname: '/poor' }) },
      'User poor-man may not make tables in the schema public of the database poor \\(42501\\): ' +
        'have its owner execute GRANT CREATE ON SCHEMA public TO "poor-man", ' +
        'or have another user migrate, and set MIGRATE_ON_START=false\n'
    ],
    [
      'a database that the user may not connect to',
      { DATABASE_URL: with_({ username: 'poor-man', password: 'hunter2', pathname: '/closed' }) },
      'User poor-man may not connect to the database closed \\(42501\\): ' +
        'have its owner execute GRANT CONNECT ON DATABASE "closed" TO "poor-man"\n'
    ],
    [
      'a user and its database as libpq names them',
      { DATABASE_URL: `postgres://127.0.0.1:${new URL(url).port}/?user=poor-man&password=hunter2` },
      'has no database poor-man \\(3D000\\)'
    ],
    [
      'a parameter that is for superusers',
      {
        DATABASE_URL: with_({ username: 'poor-man', password: 'hunter2', pathname: '/poor' }) + '?log_statement=all'
      },
      'PostgreSQL at 127\\.0\\.0\\.1:\\d+ does not take the value of log_statement \\(42501\\), ' +
        'a parameter of DATABASE_URL: take it out of the URL'
    ],
    ['a wrong variable', { PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535, not "abc"'],
    ['production without a database', { NODE_ENV: 'production' }, 'DATABASE_URL is not set']
  ] as Array<[string, Record<string, string>, string]>) {
    const { code, told, logged } = await runService(environment)
    t.equal(code, 1, what)
    t.match(told, new RegExp(`cannot start\\. .*${sentence}`), what)
    t.notMatch(told + logged, /\n +at |hunter2/, what)
  }
  t.notOk(existsSync(join(directory, 'never')), 'no database is made for a service that cannot listen')
})

t.test('a start that fails does not drain, and tells what is almost a variable', async t => {
  const taken = createServer().listen(0)
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo
  const { url } = await startPostgres(t)
  const { code, told } = await runService({
    DATABASE_URL: url,
    PORT: String(port),
    METRICS_NAME: 'otel',
    SHUTDOWN_DRAIN_MS: '600000',
    SHUTDOWN_TIMEOUT_MS: '700000'
  })
  t.equal(code, 1)
  t.match(
    told,
    /METRICS_NAME is not read: did you mean METRICS_NAMES\?[^]*cannot start\. Port \d+ on 0\.0\.0\.0 is in use/
  )
})

t.test('a file .env where it is started is read, and the environment goes before it', async t => {
  const { url } = await startPostgres(t)
  const cwd = await temporaryDirectory(t)
  await writeFile(join(cwd, '.env'), `JOURNAL_TOKEN=from-the-file\nMETRICS_NAMES=otel\nDATABASE_URL=${url}\n`)
  const { origin } = await startService(t, { METRICS_NAMES: 'django' }, { cwd })
  t.equal((await post(origin)).status, 401)
  t.match(await (await fetch(`${origin}/metrics`)).text(), /^django_http_/m)
  t.equal(await status(`${origin}/health/ready/`), 200)
  await writeFile(join(cwd, '.env'), `METRICS_NAMES=otel\nJOURNAL_TOKEN s3cret\nDATABASE_URL=${url}\n`)
  const { code, told } = await runService({}, { cwd })
  t.equal(code, 1)
  t.match(told, /cannot start\. The file .*\.env has no setting in line 2: write NAME=value, or # before a comment\n$/)
  t.notMatch(told, 's3cret')
})

t.test('a server that takes connections and closes them again is told as one that does so', async t => {
  const proxy = createServer(socket => { socket.once('data', () => { socket.end() }) }).listen(0)
  t.teardown(() => { proxy.close() })
  const { port } = proxy.address() as AddressInfo
  const { code, told } = await runService({
    DATABASE_URL: `postgres://user@127.0.0.1:${port}/db`,
    DATABASE_CONNECT_TIMEOUT_SECONDS: '0.5'
  })
  t.equal(code, 1)
  t.match(told, /What answers at 127\.0\.0\.1:\d+ closes connections/)
})

t.test('stopped while it starts, it leaves no PostgreSQL behind, and starts again', async t => {
  const DATA_DIR = await temporaryDirectory(t)
  for (const wait of [0, 150, 300, 600, 1000]) {
    const starting = launchService({ DATA_DIR })
    await new Promise(resolve => setTimeout(resolve, 300 + wait))
    // As the terminal and npm do it: to the process itself, twice.
    starting.process.kill('SIGINT')
    starting.process.kill('SIGINT')
    await starting.exited
    // By the signal itself, where it has not come to follow any.
    const { exitCode, signalCode } = starting.process
    t.ok(exitCode === 0 || signalCode === 'SIGINT', `after ${300 + wait} ms with ${exitCode}: ${starting.told()}`)
  }
  const service = await startService(t, { DATA_DIR })
  t.equal(await service.stop(), 0)
})

t.test('several instances started at once on one empty database are all ready, and migrate it once', async t => {
  const { url } = await startPostgres(t)
  const services = await Promise.all([1, 2, 3, 4].map(async () => await startService(t, { DATABASE_URL: url })))
  for (const { origin } of services) t.equal(await status(`${origin}/health/ready/`), 200)
  t.equal(services.filter(({ told }) => told().includes('applied migration 1,')).length, 1)
  for (const { stop } of services) t.equal(await stop(), 0)
})

t.test('without migrating at the start it is not ready until they are applied', async t => {
  const { url } = await startPostgres(t)
  const waiting = await startService(t, { DATABASE_URL: url, MIGRATE_ON_START: 'false', HEALTH_KEEP_MS: '0' })
  t.same(
    await (await fetch(`${waiting.origin}/health/ready/`)).json(),
    { status: 'not_ready', reason: 'migrations_pending' }
  )
  await startService(t, { DATABASE_URL: url })
  t.equal(await status(`${waiting.origin}/health/ready/`), 200)
})

t.test('a user that may only use the tables starts once their owner has migrated, and is ready', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await sql.end() })
  await sql`create role low login password 'hunter2'`
  const owner = await startService(t, { DATABASE_URL: url })
  await owner.stop()
  await sql`grant select on schema_migrations to low`
  await sql`grant select, insert, update, delete on alerts to low`
  const DATABASE_URL = String(Object.assign(new URL(url), { username: 'low', password: 'hunter2' }))

  const { origin, told } = await startService(t, { DATABASE_URL, HEALTH_KEEP_MS: '0' })
  t.notMatch(told(), /applied/)
  const ready = async () => await (await fetch(`${origin}/health/ready/`)).json()
  t.strictSame(await ready(), { status: 'not_ready', reason: 'database_permission_denied' }, 'label_sets is missing')
  t.equal((await post(origin)).status, 503)
  await sql`grant select, insert, update, delete on label_sets to low`
  t.match(await ready(), { status: 'ready' })
  t.equal((await post(origin)).status, 200)

  await sql`delete from schema_migrations where version = 4`
  const { code, told: why } = await runService({ DATABASE_URL })
  t.equal(code, 1)
  t.match(why, new RegExp(
    'cannot start\\. User low may not change the tables in the database postgres, which are those of postgres ' +
    '\\(must be owner of table alerts\\) \\(42501\\): have postgres migrate, and set MIGRATE_ON_START=false\n'
  ))
})
