import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { createClient, type Sql } from '../../../src/postgres/client/client.js'
import type { ClientOptions } from '../../../src/postgres/client/client-options.js'
import { certify } from '../../fixtures/certificate.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { havePrograms } from '../../fixtures/programs.js'

function connect (t: Test, options: ClientOptions): Sql {
  const sql = createClient({ poolSize: 2, ...options })
  t.teardown(async () => { await sql.end({ timeout: 1 }) })
  return sql
}

const encrypted = async (sql: Sql) => (await sql`
  select ssl, version from pg_stat_ssl where pid = pg_backend_pid()`)[0]?.['ssl'] as boolean

t.test('TLS', async t => {
  if (!havePrograms(t, 'openssl')) return
  const { cert, key, ca } = await certify(t, 'DNS:localhost')
  const { url } = await startPostgres(t, { settings: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key } })
  const named = url.replace('127.0.0.1', 'localhost')

  await t.test('is used when it is required, whoever signed for the server', async t => {
    t.equal(await encrypted(connect(t, { url, tls: 'require' })), true)
    t.equal(await encrypted(connect(t, { url: `${url}?sslmode=require` })), true)
    t.equal(await encrypted(connect(t, { url: `${url}?sslmode=require&sslnegotiation=direct` })), true)
    t.equal(await encrypted(connect(t, { url: `${url}?sslmode=prefer` })), true)
    t.equal(await encrypted(connect(t, { url: `${url}?sslmode=allow` })), true)
    t.equal(await encrypted(connect(t, { url, tls: 'disable' })), false)
    t.equal(await encrypted(connect(t, { url })), false)
    const unknown = { ssl: undefined } as unknown as NonNullable<ClientOptions['driver']>
    t.equal(await encrypted(connect(t, { url, driver: unknown })), false, 'what is undefined is not told')
  })

  await t.test('carries transactions, COPY and requests to cancel', async t => {
    const sql = connect(t, { url, tls: 'require', poolSize: 1 })
    await sql.begin(async sql => { await sql`select 1` })
    let bytes = 0
    const readable = await sql`copy (select repeat('x', 1000) from generate_series(1, 5000)) to stdout`.readable()
    for await (const chunk of readable) bytes += chunk.length
    t.equal(bytes, 5_005_000)
    const query = sql`select pg_sleep(20)`
    setTimeout(() => { query.cancel() }, 200)
    await t.rejects(query, { code: '57014' })
    await sql`select pg_terminate_backend(pg_backend_pid())`.catch(({ code }) => { t.equal(code, 'CONNECTION_CLOSED') })
    t.equal(await encrypted(sql), true)
  })

  await t.test('tells the server by which name it is asked for, and no address', async t => {
    const asked: unknown[] = []
    const [certificate, itsKey] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')])
    const options = { cert: certificate, key: itsKey, ALPNProtocols: ['postgresql'] }
    const server = createTlsServer(options, socket => {
      asked.push([socket.servername, socket.alpnProtocol])
      socket.on('error', () => {}).destroy()
    }).listen(0)
    t.teardown(() => { server.close() })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const host of ['localhost', '127.0.0.1']) {
      const direct = `postgres://me@${host}:${port}/none?sslmode=require&sslnegotiation=direct`
      await t.rejects(connect(t, { url: direct })`select 1`)
    }
    t.strictSame(asked, [['localhost', 'postgresql'], [false, 'postgresql']])
  })

  await t.test('that is to be verified refuses a server that an unknown authority vouches for', async t => {
    const sql = connect(t, { url: named, tls: 'verify-full' })
    await t.rejects(sql`select 1`, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  await t.test('that is to be verified takes a server by the name it has, and refuses it by another', async t => {
    t.equal(await encrypted(connect(t, { url: named, driver: { ssl: { ca } } })), true)
    const sql = connect(t, { url, driver: { ssl: { ca } } })
    await t.rejects(sql`select 1`, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  await t.test('that is to be verified takes a server by its address', async t => {
    const { cert, key, ca } = await certify(t, 'IP:127.0.0.1')
    const { url } = await startPostgres(t, { settings: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key } })
    t.equal(await encrypted(connect(t, { url, driver: { ssl: { ca } } })), true)
  })

  await t.test('that the server does not have is not done without', async t => {
    const { url } = await startPostgres(t)
    for (const tls of ['require', 'verify-full'] as const) {
      await t.rejects(connect(t, { url, tls })`select 1`, { code: 'TLS_NOT_SUPPORTED', message: /sslmode=disable/ })
    }
    t.equal(await encrypted(connect(t, { url: `${url}?sslmode=prefer` })), false)
  })

  await t.test('that something else answers, or somebody in between, is refused', async t => {
    for (const answer of ['SSH-2.0-OpenSSH_9.2\r\n', 'N\0', 'S\0', 'E']) {
      const server = createServer(socket => {
        socket.on('error', () => {})
        socket.once('data', () => { socket.end(answer) })
      }).listen(0, '127.0.0.1')
      t.teardown(() => { server.close() })
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      for (const sslmode of ['require', 'prefer']) {
        const sql = connect(t, { url: `postgres://a:b@127.0.0.1:${port}/c?sslmode=${sslmode}` })
        await t.rejects(sql`select 1`, { code: 'NOT_POSTGRESQL', message: new RegExp(`127.0.0.1:${port} is no Post`) })
      }
    }
  })
})

t.test('a Unix socket', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'vitals-socket-'))
  t.teardown(async () => { await rm(directory, { recursive: true, force: true }) })
  const { url } = await startPostgres(t, { settings: { unix_socket_directories: directory } })
  const { password, port } = new URL(url)
  const isLocal = async (sql: Sql) => (await sql`select inet_server_addr() is null as local`)[0]?.['local'] as boolean

  await t.test('is used when the URL has its directory for a host', async t => {
    const sql = connect(t, { url: `postgres://postgres:${password}@/postgres?host=${directory}&port=${port}` })
    t.equal(await isLocal(sql), true)
    const query = sql`select pg_sleep(20)`
    setTimeout(() => { query.cancel() }, 200)
    await t.rejects(query, { code: '57014' })
    const encoded = `postgres://postgres:${password}@localhost:${port}/postgres?host=${encodeURIComponent(directory)}`
    t.equal(await isLocal(connect(t, { url: encoded })), true)
  })

  await t.test('that is not there is told of', async t => {
    const sql = connect(t, { url: `postgres://postgres:${password}@/postgres?host=${directory}&port=1` })
    await t.rejects(sql`select 1`, { code: 'ENOENT' })
  })
})
