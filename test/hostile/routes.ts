import fc, { type Arbitrary } from 'fast-check'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { assertDecent, assertFewSeries, inputs, startVictim, type Sent } from '../fixtures/hostile.js'
import { fromSchema, nastyJson, nastyName, nastyText } from '../fixtures/nasty.js'

interface Parameter { in: 'query' | 'path', name: string, schema: object }
interface Operation { parameters?: Parameter[], requestBody?: { content: Record<string, { schema: object }> } }

const atOnce = 8
const types = fc.oneof(
  { arbitrary: fc.constant('application/json'), weight: 15 },
  fc.constantFrom(
    'application/json; charset=utf-8',
    'application/json; charset=utf-16',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json\u00ff',
    '',
    '*/*',
    'a'
  )
)

t.test('requests like those of its OpenAPI document, or far from it, do no harm', { timeout: 3_600_000 }, async t => {
  const victim = await startVictim(t)
  const { send, heapUsed, process: child } = victim
  const { paths } = JSON.parse(
    (await send({ method: 'GET', path: '/docs/json' })).text
  ) as { paths: Record<string, Record<string, Operation>> }
  const operations = Object.entries(paths).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => requests(path, method, operation))
  )
  t.ok(operations.length >= 8, `${operations.length} operations`)
  const statuses: Record<number, number> = {}
  const unavailable: string[] = []
  let created = 0

  const run = async (count: number) => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(...operations), {
      minLength: atOnce,
      maxLength: atOnce
    }), async many => {
      await Promise.all(many.map(async request => {
        const answer = await send(request)
        assertDecent(request, answer)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        if (answer.status === 503) unavailable.push(`${request.method} ${request.path}: ${answer.text}`)
        if (request.method === 'POST' && answer.status === 200) created += JSON.parse(answer.text).created
      }))
    }), { numRuns: Math.ceil(count / atOnce) })
  }

  await run(inputs / 4)
  const heap = await heapUsed()
  await run(inputs * 3 / 4)

  t.comment(`answers by status: ${JSON.stringify(statuses)}`)
  for (const status of [200, 400, 404]) t.ok(statuses[status], `some got ${status}`)
  t.strictSame(unavailable, [], 'none got 503, for nothing is wrong with the database')
  t.equal(child.exitCode, null, 'the service lives')
  await assertFewSeries(t, victim)
  t.ok(await heapUsed() - heap < 3e6, `no memory is kept: ${heap} bytes, then ${await heapUsed()}`)

  t.test('and all that was stored can be read', async t => {
    let read = 0
    for (let cursor: string | null = ''; cursor !== null;) {
      const { status, text } = await send({
        method: 'GET',
        path: `/api/alerts?limit=200${cursor && `&cursor=${cursor}`}`
      })
      t.equal(status, 200)
      const page = JSON.parse(text) as { alerts: unknown[], next: string | null }
      read += page.alerts.length
      cursor = page.next
    }
    const sql = createClient({ url: victim.url, poolSize: 1 })
    const [stored] = await sql`select count(*)::int as alerts from alerts`
    await sql.end()
    t.equal(read, stored?.['alerts'])
    // What was heard later may tell that two were one.
    t.ok(read > 0 && read <= created, `${read} alerts, of ${created} that were new`)
  })
})

/** Requests to an operation. */
function requests (path: string, method: string, { parameters = [], requestBody }: Operation): Arbitrary<Sent> {
  const inPath = parameters.filter(parameter => parameter.in === 'path')
  const inQuery = parameters.filter(parameter => parameter.in === 'query')
  const schema = requestBody?.content['application/json']?.schema
  return fc.record({
    method: fc.oneof(
      { arbitrary: fc.constant(method.toUpperCase()), weight: 15 },
      fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE')
    ),
    path: fc.tuple(segments(path, inPath), query(inQuery)).map(parts => parts.join('')),
    headers: fc.option(
      fc.dictionary(
        fc.constantFrom(
          'accept',
          'authorization',
          'cookie',
          'accept-version',
          'x-forwarded-for',
          'transfer-encoding-x',
          'if-none-match',
          'range',
          'origin'
        ),
        nastyText.map(headerValue),
        { maxKeys: 3 }
      ),
      { nil: {} }
    ),
    content: fc.option(
      fc.tuple(
        types,
        schema === undefined
          ? bytes(nastyJson)
          : fc.oneof({ arbitrary: bytes(fromSchema(schema)), weight: 4 }, bytes(nastyJson))
      ),
      { nil: undefined, freq: schema === undefined ? 1 : 20 }
    )
  }).map(({ method, path, headers, content }) => ({
    method,
    path,
    headers: {
      ...headers,
      ...content && content[0] !== '' && { 'content-type': headerValue(content[0]) }
    },
    body: content?.[1]
  }))
}

function segments (path: string, parameters: Parameter[]): Arbitrary<string> {
  const odd = fc.constantFrom(
    '%',
    '%zz',
    '%c0%af',
    '%00',
    '%ff',
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '1%0d%0a',
    '*',
    ';x=y',
    ':id'
  )
  const values = parameters.map(() => fc.oneof(
    fc.integer({ min: 0, max: 100 }).map(String),
    nastyText.map(encode),
    odd
  ))
  return fc.tuple(
    fc.tuple(...values),
    fc.oneof({ arbitrary: fc.constant(''), weight: 15 }, fc.constantFrom('/', '//', '/x'))
  ).map(([filled, end]) => (
    parameters.reduce((text, { name }, index) => text.replace(`{${name}}`, filled[index] as string), path) + end))
}

function query (parameters: Parameter[]): Arbitrary<string> {
  const known = parameters.map(({ name, schema }) => fc.tuple(
    fc.constant(name),
    fc.oneof(fromSchema(schema).map(text), nastyText)
  ))
  const pair = fc.oneof(...known, { arbitrary: fc.tuple(nastyName, nastyText), weight: 1 })
  return fc.array(pair, { maxLength: 4 }).map(pairs => pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`)
}

function bytes (values: Arbitrary<unknown>): Arbitrary<Buffer> {
  const json = values.map(value => Buffer.from(JSON.stringify(value) ?? ''))
  const deep = fc.constantFrom('[', '{"a":', '{"labels":[').map(open => Buffer.from(open.repeat(20_000)))
  const polluted = json.map(buffer => Buffer.from(buffer.toString().replace(
    '{',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'
  )))
  const broken = fc.tuple(json, fc.nat(), fc.uint8Array({ maxLength: 8 })).map(([buffer, at, other]) => Buffer.concat([
    buffer.subarray(0, at % (buffer.length + 1)),
    other,
    buffer.subarray(at % (buffer.length + 1))
  ]))
  const huge = json.map(buffer => Buffer.from(buffer.toString().replace(/\d+/, '1e400')))
  return fc.oneof(
    { arbitrary: json, weight: 10 },
    polluted,
    broken,
    huge,
    { arbitrary: deep, weight: 1 },
    fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
  )
}

function text (value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? ''
}

function encode (text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}

// What Node.js lets a client send; the tests of sockets send the rest.
function headerValue (text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}
