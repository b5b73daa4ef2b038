import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { failureIn, makeRoom, withAdvice } from '../../src/embedded/complaint.js'
import { startEmbedded } from '../../src/embedded/embedded.js'
import { smallDisk } from '../fixtures/small-disk.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const settings = { fsync: 'off' }
const pidFile = (dataDir: string) => join(dataDir, 'postgres', 'postmaster.pid')
const pidOf = async (dataDir: string) => Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0])

t.test('a server that is killed is started again, on the same port, with a sentence', async t => {
  const dataDir = await temporaryDirectory(t)
  const told: string[] = []
  const { url, stop } = await startEmbedded({
    dataDir,
    settings,
    restart: true,
    progress: message => { told.push(message) }
  })
  t.teardown(stop)
  const works = async () => {
    const sql = createClient({ url, poolSize: 1, connectTimeoutSeconds: 20 })
    return await sql`select 1`.then(() => true, () => false).finally(async () => { await sql.end({ timeout: 0 }) })
  }
  t.ok(await works())
  for (const pause of ['0.5', '1']) {
    const pid = await pidOf(dataDir)
    process.kill(pid, 'SIGKILL')
    await until(
      'it to say so',
      () => told.some(message => message.startsWith(`PostgreSQL has ended by itself: starting it again in ${pause} s`)),
      30
    )
    await until('it to work again', async () => await pidOf(dataDir).catch(() => pid) !== pid && await works(), 60)
  }
})

t.test('a server that falls over a full disk is started again, after pauses that grow, once there is room', async t => {
  const disk = await smallDisk(t)
  if (disk === undefined) return
  const told: string[] = []
  const small = {
    max_wal_size: '32MB',
    min_wal_size: '32MB',
    shared_buffers: '4MB',
    // Where what panics is not the recovery but the checkpoint at its end, the server begins anew for ever.
    restart_after_crash: 'off'
  }
  const { url, stop } = await startEmbedded({
    dataDir: disk,
    settings: small,
    restart: true,
    progress: message => { told.push(message) }
  })
  t.teardown(stop)
  const ask = async (text: string) => {
    const sql = createClient({ url, poolSize: 1, connectTimeoutSeconds: 20, queryTimeoutMs: 0 })
    return await sql.unsafe(text).then(() => true, () => false).finally(async () => { await sql.end({ timeout: 0 }) })
  }
  t.ok(await ask('create table kept as select 1 as number'))
  const ballast = join(disk, 'ballast')
  await until('it to have ended', async () => {
    // Again each time, for a recovery may make room.
    execFileSync('sh', ['-c', 'dd if=/dev/zero bs=64k 2>/dev/null >> "$0"; true', ballast])
    // What has no room in the log that is written ahead ends it; a table that has none only ends the statement.
    await ask("select pg_logical_emit_message(true, '', repeat('x', 1000000)) from generate_series(1, 60)")
    return told.some(message => /^PostgreSQL has ended by itself: starting it again in 0\.5 s/.test(message))
  }, 60)
  await until(
    'a second attempt, after a longer pause',
    () => told.some(message => /ended by itself: starting it again in [1-9]\d* s/.test(message)),
    60
  )
  t.ok(
    told.some(message => /^PostgreSQL did not start on .*(No space left on device|could not write)/.test(message)),
    told.join('\n')
  )
  await rm(ballast)
  await until('it to work again', async () => await ask('insert into kept values (2)'), 90)
  t.ok(await ask('select 1 / count(*) from kept where number = 1'), 'what was committed is there')
})

t.test("a pid file left behind that names another cluster's PostgreSQL does not keep it from starting", async t => {
  const [dataDir, other] = [await temporaryDirectory(t), await temporaryDirectory(t)]
  const one = await startEmbedded({ dataDir, settings })
  await one.stop()
  const another = await startEmbedded({ dataDir: other, settings })
  t.teardown(another.stop)
  await writeFile(pidFile(dataDir), `${await pidOf(other)}\n`)
  const again = await startEmbedded({ dataDir, settings })
  t.teardown(again.stop)
  await t.rejects(startEmbedded({ dataDir, settings }), { message: /is in use by another instance/ })
})

t.test('a cluster of another major version is refused with what to do', async t => {
  const dataDir = await temporaryDirectory(t)
  const one = await startEmbedded({ dataDir, settings })
  await one.stop()
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
  await t.rejects(startEmbedded({ dataDir, settings }), {
    message: /^PostgreSQL 17 made .*npm run backup .*npm run restore /
  })
})

t.test('a disk that is full is told in PostgreSQL\'s words, with what to do about it', async t => {
  const disk = await smallDisk(t, 10)
  if (disk === undefined) return
  const dataDir = join(disk, 'data')
  await t.rejects(startEmbedded({ dataDir, settings }), {
    message: new RegExp(
      '^Cannot initialise PostgreSQL in \\S+/data: could not [^:]*: No space left on device: ' +
      'make room there, .*, or set DATA_DIR'
    )
  })
  t.strictSame(await readdir(dataDir), ['postgres.password'], 'nothing is left of it')
})

t.test('so is one that is full in the midst of a page', async t => {
  // Which size ends a file so depends on the version of PostgreSQL.
  for (const complaint of [
    'could not extend file "base/1/2691": wrote only 4096 of 8192 bytes at block 10',
    'could not write to file "pg_wal/xlogtemp.29": No space left on device',
    'could not write lock file "postmaster.pid": Disk quota exceeded'
  ]) t.equal(withAdvice(complaint), `${complaint}: ${makeRoom}`)
  const other = 'could not write lock file "postmaster.pid": Permission denied'
  t.equal(withAdvice(other), other)
  const disk = await smallDisk(t, 20)
  if (disk === undefined) return
  await t.rejects(startEmbedded({ dataDir: join(disk, 'data'), settings }), { message: /: make room there, / })
})

t.test('what ended a server is told, not what came of that, nor what ended one before', async t => {
  const log = (...lines: string[]) => lines.map(line => `2026-01-02 03:04:05.678 UTC [9] ${line}\n`).join('')
  const noRoom = 'could not write to file "pg_wal/xlogtemp.9": No space left on device'
  for (const [lines, found] of [
    [[`PANIC:  ${noRoom}`, 'FATAL:  the database system is starting up'], noRoom],
    [[`FATAL:  ${noRoom}`, 'PANIC:  cannot abort transaction 1, it was already committed'], noRoom],
    [[`ERROR:  ${noRoom}`, 'FATAL:  it ends'], noRoom],
    [['PANIC:  could not locate a valid checkpoint record', 'FATAL:  it is starting up'], /^could not locate/],
    [['FATAL:  one', 'LOG:  two', 'FATAL:  three', 'LOG:  four'], 'three'],
    [['LOG:  one'], undefined]
  ] as const) t.match(failureIn(log(...lines)), found)
  t.equal(failureIn(`${log('FATAL:  one')}2026-01-02 03:04:05.678 UTC [9] PANIC:  could n`), 'one', 'one is cut')

  const dataDir = await temporaryDirectory(t)
  const { stop } = await startEmbedded({ dataDir, settings })
  await stop()
  await appendFile(join(dataDir, 'postgres', 'server.log'), log('PANIC:  could not fsync file "base/1/2": I/O error'))
  await t.rejects(startEmbedded({ dataDir, settings: { ...settings, max_connections: '0' } }), {
    message: /^PostgreSQL did not start on \S+: 0 is outside the valid range for parameter "max_connections"/
  })
})

t.test('shared memory that is full is no disk that is', async t => {
  const disk = await smallDisk(t)
  if (disk === undefined) return
  const module = JSON.stringify(new URL('../../dist/src/embedded/embedded.js', import.meta.url))
  const program = `import { startEmbedded } from ${module}
    await startEmbedded({ dataDir: '/mnt/data' }).catch(({ message }) => { console.log(message) })`
  const script = 'mount --bind "$2" /mnt && mount -t tmpfs -o size=40k tmpfs /dev/shm && ' +
    'exec "$0" --input-type=module -e "$1"'
  t.match(
    execFileSync('unshare', ['-m', 'sh', '-c', script, process.execPath, program, disk], { encoding: 'utf8' }),
    /^Cannot initialise PostgreSQL in \S+: could not resize shared memory [^:]*: .* device: make \/dev\/shm larger, /
  )
})

t.test('a directory that cannot be made is told at once, in /proc too, where Node.js would try for ever', async t => {
  const message = /^Cannot write to the data directory \/proc\/.*vitals\/data \(\w+\): set DATA_DIR to a directory/
  for (const dataDir of ['/proc/vitals/data', '/proc/self/vitals/data']) {
    await t.rejects(startEmbedded({ dataDir }), { message }, dataDir)
  }
  const deep = join(await temporaryDirectory(t), 'one', 'two')
  const { stop } = await startEmbedded({ dataDir: deep, settings })
  await stop()
  t.match(await readdir(deep), ['postgres', 'postgres.password'])
})

t.test('a free port that another program takes before the server does is not insisted on', async t => {
  const { createServer } = net
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  let asked = 0
  net.createServer = (() => {
    const server = createServer()
    return asked++ === 0 ? Object.assign(server, { address: () => taken.address() }) : server
  }) as typeof createServer
  syncBuiltinESMExports()
  t.teardown(() => {
    net.createServer = createServer
    syncBuiltinESMExports()
  })
  const { port, stop } = await startEmbedded({ dataDir: await temporaryDirectory(t), settings })
  t.teardown(stop)
  t.equal(asked, 2)
  t.not(port, (taken.address() as AddressInfo).port)
})
