import t from 'tap'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'

t.test('the management port lets pages of the same host read what it answers, and no others', async t => {
  const { url } = await startPostgres(t)
  const port = await freePort()
  await startService(t, { DATABASE_URL: url, MANAGEMENT_PORT: String(port), MANAGEMENT_TOKEN: 'open-sesame' })
  const ask = async (path: string, origin: string, method = 'GET') => {
    const response = await fetch(`http://localhost:${port}${path}`, { method, headers: { origin } })
    await response.arrayBuffer()
    return {
      status: response.status,
      allowed: response.headers.get('access-control-allow-origin'),
      headers: response.headers.get('access-control-allow-headers'),
      vary: response.headers.get('vary')
    }
  }
  const own = 'http://localhost:8000'
  for (const [path, status] of [['/metrics', 401], ['/health/live', 200], ['/nowhere', 404]] as const) {
    t.strictSame(await ask(path, own), { status, allowed: own, headers: null, vary: 'origin' }, path)
    for (const origin of ['http://localhost.evil.example', 'http://evil.example:8000', 'null', '*']) {
      t.match(await ask(path, origin), { status, allowed: null }, `${path} ${origin}`)
    }
  }
  t.strictSame(
    await ask('/metrics', own, 'OPTIONS'),
    { status: 204, allowed: own, headers: 'authorization', vary: 'origin' },
    'it may send the token'
  )
  t.match(await ask('/metrics', 'http://evil.example', 'OPTIONS'), { status: 405, allowed: null })
})
