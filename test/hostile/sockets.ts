import fc, { type Arbitrary } from 'fast-check'
import { connect } from 'node:net'
import t from 'tap'
import { assertFewSeries, inputs, startVictim } from '../fixtures/hostile.js'
import { until } from '../fixtures/until.js'

const atOnce = 16

t.test('no bytes that come out of a socket do harm', { timeout: 3_600_000 }, async t => {
  const victim = await startVictim(t, {
    DATABASE_POOL_SIZE: '1',
    // No request here is cut off for what else the machine does at the same time.
    HEADERS_TIMEOUT_MS: '60000',
    REQUEST_TIMEOUT_MS: '60000',
    CONNECTION_TIMEOUT_MS: '60000',
    KEEP_ALIVE_TIMEOUT_MS: '500'
  })
  const { origin, send, metric, heapUsed, process: child } = victim
  const port = Number(new URL(origin).port)
  const statuses: Record<string, number> = {}

  const run = async (count: number) => {
    await fc.assert(fc.asyncProperty(fc.array(attack, { minLength: atOnce, maxLength: atOnce }), async many => {
      const answers = await Promise.all(many.map(async bytes => await exchange(port, bytes)))
      for (const answer of answers.flat()) {
        // Nothing is wrong with the service, nor with its database.
        if (!/^(100|200|30\d|4\d\d)$/.test(answer)) throw new Error(`It answered ${answer}`)
        statuses[answer] = (statuses[answer] ?? 0) + 1
      }
    }), { numRuns: Math.ceil(count / atOnce) })
  }

  for (const [bytes, expected] of plain) t.strictSame(await exchange(port, latin(bytes), 'write'), expected, bytes)
  await run(inputs / 4)
  const heap = await heapUsed()
  const open = await metric('process_open_fds')
  await run(inputs * 3 / 4)

  t.comment(`answers by status: ${JSON.stringify(statuses)}`)
  t.equal(child.exitCode, null, 'the service lives')
  t.equal((await send({ method: 'GET', path: '/health/ready' })).status, 200)
  await until(
    `no connection to be left open: ${open} descriptors, or two more`,
    async () => await metric('process_open_fds') <= open + 2
  )
  await assertFewSeries(t, victim)
  t.ok(await heapUsed() - heap < 3e6, `no memory is kept: ${heap} bytes, then ${await heapUsed()}`)
})

/** What is asked over sockets, and the statuses that it gets. */
const plain: Array<[string, string[]]> = [
  ['GET /api/alerts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', ['200']],
  ['GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', ['404']],
  ['GET /api/alerts HTTP/1.1\r\n\r\n', ['400']]
]

/**
 * Sends bytes on a connection of their own, which then may end or not, and returns the status of each answer. Who ends
 * it gets answers only to what is answered at once.
 */
async function exchange (port: number, bytes: Buffer, send: 'write' | 'end' = 'end'): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('error', () => {}).setEncoding('latin1').on('data', text => { received += text })
  socket[send](bytes)
  await new Promise(resolve => { socket.once('close', resolve) })
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status as string)
}

/** What is right, mostly: a request that is wrong in many ways is refused for the first of them. */
const mostly = <T>(right: T[], wrong: Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constantFrom(...right), weight: 9 }, { arbitrary: wrong, weight: 1 })

const crlf = mostly(['\r\n'], fc.constantFrom('\n', '\r', '\r\n ', '\0\r\n'))
const method = mostly(
  ['GET', 'POST'],
  fc.constantFrom(
    'HEAD',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PURGE',
    'PRI',
    'QUERY',
    'get',
    'G E T',
    'FOO',
    '',
    '\0',
    'X'.repeat(5000)
  )
)
const target = mostly(['/api/alerts', '/api/alerts?limit=1', '/api/alerts/1', '/health', '/metrics'], fc.oneof(
  fc.constantFrom(
    '/',
    '*',
    'http://elsewhere/api/alerts',
    '//elsewhere',
    '/../../etc/passwd',
    '/%',
    '/%00',
    '/\0',
    '/\xff',
    '/?__proto__[x]=1',
    '/a b',
    '',
    '/?' + 'a=1&'.repeat(1000),
    '/' + 'x'.repeat(20_000),
    '/api/alerts?' + 'label=a=b&'.repeat(1000)
  ),
  fc.string({ unit: 'binary', maxLength: 50 }).map(text => `/${text}`)))
const version = mostly(
  ['HTTP/1.1'],
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1x', 'ICY', '')
)
const header = mostly([
  'X-Right: yes',
  'Accept: */*',
  'Content-Type: application/json',
  'Connection: close',
  'User-Agent: x'
], fc.oneof(
  fc.constantFrom(
    'Host: b', 'Host:', 'Host: a,b', 'Connection: close', 'Connection: keep-alive, upgrade', 'Upgrade: websocket',
    'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', 'Expect: 100-continue', 'Expect: 200-ok',
    'Content-Type: application/json', 'Content-Length: 5', 'Content-Length: 6', 'Content-Length: -1',
    'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length: 99999999999999999999', 'Content-Length: 0x5',
    'Content-Length: 1000000', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity',
    'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: xchunked', 'Transfer-Encoding : chunked',
    'Transfer-Encoding:\vchunked', 'TE: trailers', 'Trailer: x', 'Cookie: ' + 'a=b; '.repeat(500),
    'X: ' + 'x'.repeat(20_000), ': empty', 'No colon', ' folded', 'X\0: y', 'X: y\0', 'X: \xff\xfe',
    'Accept-Version: 1.x', 'Range: bytes=0-0,0-0', 'Content-Encoding: gzip', 'X-HTTP-Method-Override: DELETE',
    '__proto__: x', 'constructor: x'
  ),
  fc.tuple(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 50 })
  ).map(([name, value]) => `${name}: ${value}`)))
const headers = fc.tuple(
  mostly<string[]>([['Host: a']], fc.constantFrom<string[]>([], ['Host: a', 'Host: a'])),
  fc.array(header, { maxLength: 5 })
).map(lists => lists.flat())
const body = mostly([''], fc.oneof(
  fc.constantFrom(
    '[]',
    '{"a":',
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n',
    '-1\r\n',
    '5;ext=1\r\nhello\r\n0\r\nX: y\r\n\r\n',
    '0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'
  ),
  fc.string({ unit: 'binary', maxLength: 100 })))

const latin = (text: string) => Buffer.from(text, 'latin1')

const almost = fc.tuple(
  method,
  target,
  version,
  headers,
  body,
  crlf
).map(([method, target, version, headers, body, end]) => (
  latin([`${method} ${target} ${version}`, ...headers, '', ''].join(end) + body)))

const whole = latin(
  'POST /api/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]'
)

const changed = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 }).map(changes => {
  const bytes = Buffer.from(whole)
  for (const [at, to] of changes) bytes[at] = to
  return bytes
})

const other = fc.constantFrom(
  latin('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from(
    '160301020001000001fc0303',
    'hex'
  ), latin('\r\n'.repeat(5000)), latin('SSH-2.0-x\r\n'), latin('*1\r\n$4\r\nPING\r\n'),
  latin('GET / HTTP/1.1\r\n'.repeat(1000)),
  latin('GET /health HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50)),
  Buffer.alloc(70_000),
  Buffer.alloc(70_000, 'a')
)

const attack: Arbitrary<Buffer> = fc.oneof(
  { arbitrary: almost, weight: 6 },
  { arbitrary: changed, weight: 4 },
  fc.uint8Array({ maxLength: 500 }).map(array => Buffer.from(array)),
  fc.tuple(almost, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
  fc.tuple(almost, almost).map(pair => Buffer.concat(pair)),
  other
)
