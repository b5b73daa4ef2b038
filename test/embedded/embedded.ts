import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createClient } from '../../src/postgres/client.js'
import { startEmbedded } from '../../src/embedded/embedded.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const settings = { fsync: 'off' }
const pidFile = (dataDir: string) => join(dataDir, 'postgres', 'postmaster.pid')
const pidOf = async (dataDir: string) => Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0])

t.test('a server that is killed is started again, on the same port, with a sentence', async t => {
  const dataDir = await temporaryDirectory(t)
  const told: string[] = []
  const { url, stop } = await startEmbedded({ dataDir, settings, restart: true, progress: message => { told.push(message) } })
  t.teardown(stop)
  const works = async () => {
    const sql = createClient({ url, poolSize: 1, connectTimeoutSeconds: 1 })
    return await sql`select 1`.then(() => true, () => false).finally(async () => { await sql.end({ timeout: 0 }) })
  }
  t.ok(await works())
  for (const pause of ['0.5', '1']) {
    const pid = await pidOf(dataDir)
    process.kill(pid, 'SIGKILL')
    await until('it to say so', () => told.some(message => message.startsWith(`PostgreSQL has ended by itself: starting it again in ${pause} s`)), 30)
    await until('it to work again', async () => await pidOf(dataDir).catch(() => pid) !== pid && await works(), 60)
  }
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
  await t.rejects(startEmbedded({ dataDir, settings }), { message: /^PostgreSQL 17 made .*npm run backup .*npm run restore / })
})
