import t from 'tap'
import { createClient } from '../src/postgres/client/client.js'
import { startPostgres } from './fixtures/postgres.js'
import { freePort } from './fixtures/programs.js'
import { launchService } from './fixtures/service.js'
import { until } from './fixtures/until.js'

t.test('a service that migrates for long listens, is alive and scraped, and ready once it has migrated', async t => {
  const { url } = await startPostgres(t)
  const other = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await other.end({ timeout: 1 }) })
  // Another instance is migrating: whoever comes waits for its lock.
  await other`select pg_advisory_lock(7223181)`

  const port = await freePort()
  const service = launchService({ DATABASE_URL: url, PORT: String(port), HEALTH_KEEP_MS: '1' })
  t.teardown(async () => { service.process.kill('SIGKILL'); await service.exited })
  const origin = `http://localhost:${port}`
  const ask = async (path: string) =>
    await fetch(origin + path).then(
      async response => ({ status: response.status, text: await response.text() }),
      () => ({ status: 0, text: '' })
    )
  await until('the service to listen', async () => (await ask('/health/live/')).status === 200, 30)

  t.match(await ask('/health/ready/'), { status: 503, text: '{"status":"not_ready","reason":"migrations_pending"}' })
  await until(
    'the reason to be a metric',
    async () => (await ask('/metrics/')).text.includes('service_unready{reason="migrations_pending"} 1'),
    30
  )
  t.equal((await ask('/health/live/')).status, 200)
  t.notMatch(service.told(), /applied migration/)

  await other`select pg_advisory_unlock(7223181)`
  await until('the service to be ready', async () => (await ask('/health/ready/')).status === 200, 30)
  t.match(service.told(), /applied migration 1/)
})
