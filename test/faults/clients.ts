import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { leave, long, openFiles, quantile, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

// Those who are not slow keep to it beside whatever else the machine does.
const limit = 15_000
const rounds = long ? 40 : 5

t.test('bad clients are bounded in time and counted, and do not harm others', async t => {
  const { url } = await startPostgres(t)
  const subject = await startSubject(
    t,
    url,
    {
      environment: {
        ...unhurried,
        HEADERS_TIMEOUT_MS: String(limit),
        REQUEST_TIMEOUT_MS: String(limit),
        JOURNAL_BODY_LIMIT_BYTES: '10000'
      }
    }
  )
  const { service, load, metric } = subject
  const { port } = new URL(service.origin)
  const before = quantile(load.answers.map(({ milliseconds }) => milliseconds), 0.5)
  const filesBefore = await openFiles(service.process.pid) ?? 0

  const open = async (): Promise<{ socket: Socket, text: () => string, closed: Promise<number> }> => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => { text += chunk }).on('error', () => {})
    await once(socket, 'connect')
    const began = performance.now()
    return { socket, text: () => text, closed: once(socket, 'close').then(() => performance.now() - began) }
  }
  const get = 'GET /api/alerts?limit=1 HTTP/1.1\r\nHost: localhost\r\n'
  const post = (length: number) =>
    'POST /api/alerts HTTP/1.1\r\nHost: localhost\r\n' +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  const close = 'Connection: close\r\n'
  /** Sends, and returns the first status that came once the service has closed the connection, or 0 where none came. */
  const ask = async (request: string) => {
    const { socket, text, closed } = await open()
    socket.write(request)
    await closed
    return Number(/^HTTP\/1\.1 (\d+)/.exec(text())?.[1] ?? 0)
  }

  /** How long each lived that sends a byte a second. */
  async function trickle (request: string) {
    const { socket, text, closed } = await open()
    const timer = setInterval(() => { socket.write('x') }, 1000)
    socket.write(request)
    const milliseconds = await closed
    clearInterval(timer)
    return { milliseconds, text: text() }
  }

  const trickling = Array.from({ length: 10 }, async (_, i) => await trickle(i % 2 === 0 ? get : post(100)))
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: 5 }, async () => { await leave(Number(port)) }))
    t.equal(await ask('HELLO\r\n\r\n'), 400, 'malformed')
    t.equal(await ask(`${get}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`), 431, 'headers that are too large')
    t.equal(await ask(`${post(1e9)}{`), 413, 'a body that is too large')
    t.equal(
      await ask(`${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`),
      400,
      'a header that is repeated and must not be'
    )
    t.equal(await ask(`${get}${close}${'X-Again: a\r\n'.repeat(500)}\r\n`), 200, 'one that may be')
    const many = await open()
    many.socket.write(`${get}\r\n`.repeat(99) + `${get}${close}\r\n`)
    await many.closed
    t.equal([...many.text().matchAll(/HTTP\/1\.1 200/g)].length, 100, 'requests at once')
  }
  const slow = await Promise.all(trickling)
  const longest = Math.max(...slow.map(({ milliseconds }) => milliseconds))
  t.ok(longest < 5 * limit, `one that sends a byte a second was cut off after ${longest} ms`)
  t.ok(slow.every(({ text }) => text.startsWith('HTTP/1.1 408')), 'with 408')

  await until(
    'their connections to be gone',
    async () => (await openFiles(service.process.pid) ?? 0) <= filesBefore + 10
  )
  const counted = async (code: string) => await metric('http_client_errors_total', { code })
  t.equal(await counted('400'), (2 + 5) * rounds, 'malformed, and bodies that ended when their client left')
  t.equal(await counted('431'), rounds)
  t.equal(await counted('408'), 10)
  t.equal(await metric('http_request_duration_seconds_count', { status_code: '413' }), rounds)
  // Who watches readiness leaves, too, where a busy machine has it wait for longer than it does.
  const aborted = await metric('http_requests_aborted_total', { route: '/api/alerts' })
  t.equal(aborted, 5 * rounds + trickling.length / 2, 'those who left, and the slow whose headers had come')
  const after = quantile(load.answers.slice(-100).map(({ milliseconds }) => milliseconds), 0.5)
  const outcome = await subject.finish(t)
  t.strictSame(outcome.failed, {}, 'others are served')
  await report(t, '14-clients', {
    fault: 'Clients that leave, send a byte a second, too much, ' +
      'malformed or repeated headers, and 100 requests at once',
    ...outcome,
    seen: `the slow were cut off after ${(longest / 1000).toFixed(1)} s, with a limit of ${limit / 1000} s; ` +
      `${aborted} left; half of the others were answered within ${after.toFixed(0)} ms, ${before.toFixed(0)} ms before`,
    promised: 'Each is bounded by `HEADERS_TIMEOUT_MS`, `REQUEST_TIMEOUT_MS`, ' +
      '`HEADER_LIMIT_BYTES` and `JOURNAL_BODY_LIMIT_BYTES`, and counted'
  })
})
