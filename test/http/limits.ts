import { once } from 'node:events'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/config.js'
import { httpLimits } from '../../src/http/limits.js'
import { build } from '../fixtures/app.js'
import { connect, listen } from '../fixtures/http.js'
import { until } from '../fixtures/until.js'

// Nothing here asks the database.
const DATABASE_URL = 'postgres://nobody@127.0.0.1:1/none'

async function start (t: Test, environment: Record<string, string>) {
  const lines: Array<Record<string, unknown>> = []
  const app = await build(
    t,
    { DATABASE_URL, MIGRATE_ON_START: 'false', ...environment },
    { write: line => { lines.push(JSON.parse(line)) } }
  )
  const port = await listen(app)
  return { port, lines, origin: `http://127.0.0.1:${port}` }
}

t.test('a URL, a header or a part of a path that is longer than configured is refused', async t => {
  const { origin } = await start(t, { HEADER_LIMIT_BYTES: '2048', PATH_PARAMETER_LIMIT: '30' })
  const status = async (path: string, headers = {}) => (await fetch(origin + path, { headers })).status
  t.equal(await status(`/nowhere?${'x'.repeat(1500)}`), 404)
  t.equal(await status(`/nowhere?${'x'.repeat(2048)}`), 431)
  t.equal(await status('/nowhere', { 'x-long': 'x'.repeat(2048) }), 431)
  t.equal(await status(`/api/alerts/${'x'.repeat(30)}`), 400)
  const long = await fetch(`${origin}/api/alerts/${'x'.repeat(31)}`)
  t.equal(long.status, 414)
  t.strictSame(await long.json(), {
    statusCode: 414,
    code: 'PARAMETER_TOO_LONG',
    error: 'URI Too Long',
    message: 'A part of the path is longer than any that this service knows'
  })
})

t.test('a request that is longer on its way than configured gets 408', async t => {
  const { port } = await start(t, { HEADERS_TIMEOUT_MS: '300', REQUEST_TIMEOUT_MS: '600' })
  for (const begun of [
    'GET /nowhere HTTP/1.1\r\nHost: a\r\n',
    'POST /api/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{'
  ]) {
    const { socket, statuses } = await connect(t, port)
    socket.write(begun)
    await once(socket, 'close')
    t.same(await statuses(1), [408], begun)
  }
})

t.test('late requests are looked for every half of their limit, but not more than once a second', async t => {
  const limits = { ...loadConfig({}), REQUEST_TIMEOUT_MS: 600_000 }
  const every = (ms: number) => httpLimits({ ...limits, HEADERS_TIMEOUT_MS: ms }).connectionsCheckingInterval
  t.strictSame([1, 2001, 10_001, 600_000].map(every), [1000, 1000, 5000, 30_000])
})

t.test('a whole request has less time than its headers alone, where less is configured for it', async t => {
  const { port } = await start(t, { REQUEST_TIMEOUT_MS: '300' })
  const { socket, statuses } = await connect(t, port)
  socket.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n')
  await once(socket, 'close')
  t.same(await statuses(1), [408])
})

t.test('a client that leaves while it sends its request is not told as a database that cannot serve', async t => {
  const { port, lines } = await start(t, {})
  const { socket } = await connect(t, port)
  socket.write(
    'POST /api/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'
  )
  await until('the request to have come', () => lines.some(({ msg }) => msg === 'incoming request'))
  socket.resetAndDestroy()
  await until(
    'its end to be told',
    () => lines.some(({ msg }) => /^Request failed$|^request aborted$|^Database unavailable$/.test(String(msg)))
  )
  t.match(lines.at(-1), { msg: 'request aborted', code: 'ECONNRESET', responseTime: Number })
})

t.test('a connection on which nothing happens is closed', async t => {
  const { port } = await start(t, { CONNECTION_TIMEOUT_MS: '200', KEEP_ALIVE_TIMEOUT_MS: '200' })
  const silent = await connect(t, port)
  const kept = await connect(t, port)
  kept.send('GET /nowhere')
  await Promise.all([once(silent.socket, 'close'), once(kept.socket, 'close')])
  t.same(await kept.statuses(1), [404])
})

t.test('X-Forwarded- headers are believed from proxies that are configured, and from nobody else', async t => {
  const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'elsewhere', 'x-forwarded-proto': 'https' }
  for (const [TRUST_PROXY, remoteAddress] of [
    ['', '127.0.0.1'],
    ['10.0.0.0/8, ::2', '127.0.0.1'],
    ['loopback, 10.0.0.0/8', '192.0.2.1'],
    ['127.0.0.1', '192.0.2.1']
  ] as const) {
    const { origin, lines } = await start(t, { TRUST_PROXY })
    await fetch(`${origin}/nowhere`, { headers })
    t.match(lines.find(({ req }) => req !== undefined)?.['req'], { remoteAddress }, TRUST_PROXY)
  }
  for (const TRUST_PROXY of [
    'true', '1', 'proxy.example', '10.0.0.1,', ',', '10.0.0.256', '10.0.0.0/99', '10.0.0.0/0', '10.0.0.0/',
    'fe80::/129', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0', 'loopback/8', 'fe80::1%eth0'
  ]) {
    t.throws(
      () => loadConfig({ TRUST_PROXY }),
      /TRUST_PROXY must be a comma-separated list of addresses and networks .*, not ".*"/,
      TRUST_PROXY
    )
  }
})
