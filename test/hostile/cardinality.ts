import fc from 'fast-check'
import { METHODS } from 'node:http'
import t from 'tap'
import { parse } from '../fixtures/exposition.js'
import { assertDecent, assertFewSeries, inputs, startVictim, type Sent } from '../fixtures/hostile.js'

const atOnce = 16
const word = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-_.~'),
  minLength: 1,
  maxLength: 12
})
const base = fc.constantFrom(
  '',
  '/api/alerts',
  '/api/alerts/summary',
  '/health',
  '/health/ready',
  '/metrics',
  '/docs',
  '/docs/static'
)

const request: fc.Arbitrary<Sent> = fc.record({
  method: fc.oneof({
    arbitrary: fc.constant('GET'),
    weight: 5
  }, { arbitrary: fc.constantFrom(...METHODS.filter(method => method !== 'CONNECT')), weight: 1 }),
  path: fc.tuple(
    base,
    fc.array(word, { maxLength: 3 }),
    fc.array(fc.tuple(word, word), { maxLength: 3 })
  ).map(([base, parts, pairs]) => (
    `${[base, ...parts].join('/') || '/'}?${pairs.map(pair => pair.join('=')).join('&')}`)),
  headers: fc.record(
    {
      host: word,
      'user-agent': word,
      origin: word,
      'content-type': word,
      'accept-version': word,
      'x-forwarded-host': word,
      'x-http-method-override': word
    },
    { requiredKeys: ['host'] }
  )
})

t.test('random methods, paths, hosts and names add neither series nor memory', { timeout: 3_600_000 }, async t => {
  const victim = await startVictim(t, { METRICS_NAMES: 'fastify,django,otel', TRUST_PROXY: 'loopback' })
  const { send, metric, heapUsed } = victim

  const run = async (count: number) => {
    await fc.assert(fc.asyncProperty(fc.array(request, { minLength: atOnce, maxLength: atOnce }), async many => {
      await Promise.all(many.map(async request => { assertDecent(request, await send(request)) }))
    }), { numRuns: Math.ceil(count / atOnce) })
  }

  await run(inputs / 4)
  const heap = await heapUsed()
  await run(inputs * 3 / 4)
  await assertFewSeries(t, victim)
  t.ok(await heapUsed() - heap < 3e6, `${heap} bytes, then ${await heapUsed()}`)
  t.equal(await metric('metrics_series_folded_total'), 0)
})

t.test('series past the cap are one, and counts remain exact', async t => {
  const { send, metric } = await startVictim(t, { METRICS_MAX_SERIES: '60' })
  const paths = [
    '/nowhere',
    '/api/alerts',
    '/api/alerts/1',
    '/api/alerts/x',
    '/api/alerts/summary',
    '/health',
    '/health/ready',
    '/health/live',
    '/docs',
    '/docs/json',
    '/docs/yaml',
    '/docs/static/index.css'
  ]
  const requests = paths.flatMap(path => [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'QUERY',
    'TRACE'
  ].map(method => ({ method, path })))
  for (const request of requests) assertDecent(request, await send(request))

  const { text } = await send({ method: 'GET', path: '/metrics' })
  const durations = parse(text.replace(/\n{2,}/g, '\n')).get(
    'http_request_duration_seconds'
  )?.samples.filter(({ name }) => name.endsWith('_count')) ??
    []
  t.ok(durations.some(({ labels }) => labels['route'] === '__overflow__'))
  t.equal(durations.reduce((sum, { value }) => sum + value, 0), requests.length)
  const samples = [...parse(text.replace(/\n{2,}/g, '\n')).values()].flatMap(({ samples }) => samples)
  const rests = new Set(samples.filter(({ labels }) => Object.values(labels).includes('__overflow__'))
    .map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')))
  // No client has a say in these.
  const uncapped = samples.filter(({ name }) => /^nodejs_(heap_space|active|version)/.test(name))
  t.ok(
    await metric('metrics_series') <= 60 + uncapped.length + 2 * rests.size,
    'no more than the cap, and one for each instrument'
  )
  t.ok(await metric('metrics_series_folded_total') > 0)
})
