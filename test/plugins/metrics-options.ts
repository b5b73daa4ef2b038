import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import metrics, { type MetricsOptions } from '../../plugins/metrics.js'
import { countsOf, listen, outcomesOf } from '../fixtures/http.js'
import { read } from '../fixtures/measured.js'
import { parse } from '../fixtures/exposition.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    team?: string
  }
}

async function build (t: Test, options: MetricsOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false, ...options })
  app.get('/things/:id', { config: { team: 'shop' } }, async () => 'thing')
  app.post('/things/:id', async () => 'thing')
  app.get('/plain', async () => 'plain')
  app.get('/internal/status', async () => 'fine')
  app.get('/statsd', { config: { statsId: 'by-id' } }, async () => 'fine')
  app.get('/bad', async () => { throw new TypeError('bad') })
  app.post('/bad', async () => { throw new RangeError('bad') })
  app.get('/left-out', { config: { disableMetrics: true } }, async () => 'fine')
  return app
}

async function ask (app: FastifyInstance): Promise<void> {
  for (const url of [
    '/things/1',
    '/plain',
    '/internal/status',
    '/statsd',
    '/bad',
    '/left-out',
    '/nowhere'
  ]) await app.inject(url)
  await app.inject({ method: 'POST', url: '/things/1' })
  await app.inject({ method: 'HEAD', url: '/things/1' })
}

const scrape = async (app: FastifyInstance, url = '/metrics') => {
  const { body } = await app.inject(url)
  return { body, families: parse(body.replace(/\n{2,}/g, '\n')) }
}

t.test('buckets of one\'s own are recorded by, under every set of names, and all others are as they were', async t => {
  const usual = await build(t, { names: ['fastify', 'otel', 'django'] })
  const app = await build(t, {
    names: ['fastify', 'otel', 'django'],
    families: {
      http_request_duration_seconds: { buckets: [0.003, 0.5, 3] },
      http_response_body_bytes: { buckets: [5, 100] }
    }
  })
  await ask(app)
  await ask(usual)
  const bounds = (families: ReturnType<typeof parse>, name: string) =>
    [...new Set(families.get(name)?.samples.flatMap(({ labels: { le } }) => le ?? []))]
  const { families, body } = await scrape(app)
  t.strictSame(bounds(families, 'http_request_duration_seconds'), ['0.003', '0.5', '3', '+Inf'])
  t.match(body, /^http_response_body_bytes_bucket\{le="5"\} [1-9]/m, 'five bytes are at most five bytes')
  t.match(body, /^http_request_duration_seconds_bucket\{method="GET",route="\/plain",status_code="200",le="3"\} 1$/m)
  const before = (await scrape(usual)).families
  for (const name of before.keys()) {
    if (['http_request_duration_seconds', 'http_response_body_bytes'].includes(name)) continue
    t.strictSame(bounds(families, name), bounds(before, name), name)
  }
})

t.test('families are renamed, with their labels and help, and turned off, one by one', async t => {
  const app = await build(t, {
    families: {
      http_request_duration_seconds: { name: 'request_seconds', help: 'How long', labels: { status_code: 'status' } },
      http_request_body_bytes: false,
      nodejs_version_info: false
    }
  })
  await ask(app)
  const { body, families } = await scrape(app)
  t.match(body, /^# HELP request_seconds How long$/m)
  t.match(body, /^request_seconds_count\{method="GET",route="\/plain",status="200"\} 1$/m)
  for (const name of [
    'http_request_duration_seconds',
    'http_request_body_bytes',
    'nodejs_version_info'
  ]) t.notOk(families.has(name), name)
  t.ok(families.has('http_response_body_bytes'))
})

t.test('a prefix stands before each name, and labels are in each series, a service\'s own included', async t => {
  const app = await build(t, {
    names: ['fastify', 'django', 'otel'],
    namePrefix: 'shop_',
    labels: { team: 'payments', zone: 'a"b' }
  })
  new app.metrics.client.Counter({ name: 'old_total', help: 'Old' }).inc()
  app.metrics.counter({ name: 'own_total', help: 'Own' }).inc()
  await ask(app)
  const { families } = await scrape(app)
  t.ok(families.size > 50)
  for (const [name, { samples }] of families) {
    if (!['old_total', 'own_total'].includes(name)) t.match(name, /^shop_/)
    for (const { labels } of samples) t.match(labels, { team: 'payments', zone: 'a"b' }, name)
  }
  t.match(families.get('own_total')?.samples, [{ value: 1 }])
})

t.test('labels of a route\'s config are computed once for all of its requests', async t => {
  const asked: string[] = []
  const app = await build(t, {
    names: ['fastify', 'otel', 'django'],
    routeLabels: {
      team: ({ url, methods, config }) => {
        asked.push(`${methods.join()} ${url}`)
        return config.team
      }
    },
    labels: { zone: 'a' }
  })
  await app.ready()
  asked.length = 0
  for (let i = 0; i < 3; i++) await ask(app)
  t.equal(new Set(asked).size, asked.length, 'no route is asked twice')
  const { body } = await scrape(app)
  t.match(
    body,
    /^http_request_duration_seconds_count\{method="GET",route="\/things\/:id",.*="200",team="shop",zone="a"\} 3$/m
  )
  t.match(body, /^http_request_duration_seconds_count\{method="GET",route="\/plain",status_code="200",zone="a"\} 3$/m)
  t.match(
    body,
    /^http_server_request_duration_seconds_count\{.*http_route="\/things\/:id",.*team="shop",zone="a"\} 3$/m
  )
  t.match(
    body,
    /^django_http_responses_total_by_status_view_method_total\{.*view="\/things\/:id",.*,team="shop",zone="a"\} 3$/m
  )
  t.match(
    body,
    /^http_service_duration_seconds_count\{traffic="users",status_class="2xx",zone="a"\} 18$/m,
    'what has no route has no label of one'
  )
})

/** An app with what its log told at `warn`. */
function logging (t: Test): { app: FastifyInstance, told: Array<Record<string, unknown>> } {
  const told: Array<Record<string, unknown>> = []
  const stream = { write: (line: string) => { told.push(JSON.parse(line)) } }
  const app: FastifyInstance = Fastify({ logger: { level: 'warn', stream } })
  t.teardown(async () => { await app.close() })
  return { app, told }
}

t.test('a label that throws leaves the request recorded without it, which is counted, and told once', async t => {
  const { app, told } = logging(t)
  const bare: unknown = Object.create(null)
  await app.register(metrics, {
    observer: false,
    routeLabels: { team: () => { throw new Error('no team') }, zone: ({ config }) => config.url },
    routeName: () => { throw bare }
  })
  for (const url of ['/plain', '/other']) app.get(url, async () => '')
  for (const url of ['/plain', '/other', '/other', '/nowhere']) await app.inject(url)
  const { body } = await scrape(app)
  t.match(
    body,
    /^http_request_duration_seconds_count\{method="GET",route="\/other",status_code="200",zone="\/other"\} 2$/m
  )
  t.match(body, /^metrics_hook_errors_total\{hook="route_labels"\} 6$/m, 'two functions, asked for three routes')
  t.match(told, [
    {
      level: 40,
      option: 'routeName',
      route: '/plain',
      err: undefined,
      msg: 'The option routeName of metrics failed for the route /plain, and its pattern is in its place: ' +
        'what it threw is no Error'
    },
    {
      level: 40,
      option: 'routeLabels.team',
      route: '/plain',
      err: { message: 'no team', stack: /metrics-options/ },
      msg: 'The option routeLabels.team of metrics failed for the route /plain, and the label is left out: no team'
    }
  ])
  t.equal(told.length, 2)
})

t.test('what is no text, number or boolean is no label: it is counted, and told once without its value', async t => {
  const wrong = {
    object: { secret: 'hunter2' }, list: ['hunter2'], function: () => 'hunter2', symbol: Symbol('hunter2')
  }
  const right = { text: 'x', number: 0, boolean: false, bigint: 5n, null: null, undefined }
  const { app, told } = logging(t)
  const functions = Object.entries({ ...wrong, ...right }).map(([name, value]) => [name, () => value])
  await app.register(metrics, { observer: false, endpoint: null, routeLabels: Object.fromEntries(functions) })
  for (const url of ['/plain', '/other']) app.get(url, async () => '')
  for (const url of ['/plain', '/other']) await app.inject(url)
  const [first] = app.metrics.catalogue.instruments.get('http.server.requests')?.series ?? []
  t.strictSame(first?.labels.slice(4), ['', '', '', '', 'x', '0', 'false', '5', '', ''])
  t.strictSame(told.map(({ msg }) => msg), ['an object', 'a list', 'a function', 'a symbol'].map((kind, place) =>
    `The option routeLabels.${Object.keys(wrong)[place]} of metrics failed for the route /plain, ` +
    `and the label is left out: it returned ${kind}, but must return a text, a number, true or false`
  ))
  t.notMatch(JSON.stringify(told), /hunter2/)
  t.match(read(app.metrics.catalogue, 'metrics.hook.errors', { hook: 'route_labels' }), { count: 8 })
})

t.test('functions that name a route are not async: refused at their route, counted at an older one', async t => {
  const message = 'The option routeName of metrics is async: it returned a promise for the route /late, ' +
    'but must return a string at once'
  const refused: FastifyInstance = Fastify()
  t.teardown(async () => { await refused.close() })
  const routeName = (async () => { throw new Error('nobody waits for this') }) as never
  await refused.register(metrics, { observer: false, endpoint: null, routeName })
  t.throws(() => refused.get('/late', async () => ''), { name: 'TypeError', message })

  const { app, told } = logging(t)
  app.get('/early', async () => '')
  await app.register(metrics, { observer: false, endpoint: null, routeName, routeLabels: { team: routeName } })
  t.throws(() => app.get('/late', async () => ''), { message: /^The option routeLabels\.team of metrics is async/ })
  await app.inject('/early')
  t.match(countsOf(app, 'http.server.requests'), { 'GET /early 200 ': 1 }, 'by its pattern, without a team')
  const late = /: it returned a promise, but must return a text at once$/
  t.match(told, [{ option: 'routeName', msg: late }, { option: 'routeLabels.team', msg: late }])
})

t.test('routes have names of one\'s own, and statuses are grouped', async t => {
  const app = await build(t, { groupStatusCodes: true, names: ['fastify'] })
  await ask(app)
  t.match(countsOf(
    app,
    'http.server.requests'
  ), { 'GET by-id 2xx': 1, 'GET /plain 2xx': 1, 'GET /bad 5xx': 1, 'GET  4xx': 1 })
  const named = await build(t, { routeName: ({ url }) => url.split('/')[1] ?? '', unmatchedRoute: 'none' })
  await ask(named)
  t.match(countsOf(named, 'http.server.requests'), { 'GET things 200': 1, 'GET internal 200': 1, 'GET none 404': 1 })
  t.match((await scrape(named)).body, /route="none",status_code="404"/)
})

t.test('routes, methods and what no route matches are left out, and nothing of them is in flight', async t => {
  const app = await build(t, {
    // A string is a whole pattern, as it is.
    excludeRoutes: ['/plain', /^\/internal\//, '/metrics/', '/things', '/.*'],
    excludeMethods: ['POST', 'HEAD'],
    unmatchedRoute: false
  })
  await ask(app)
  t.strictSame(countsOf(
    app,
    'http.server.requests'
  ), { 'GET /things/:id 200': 1, 'GET by-id 200': 1, 'GET /bad 500': 1 })
  t.strictSame(outcomesOf(app), { started: 3, finished: 3, aborted: 0, inFlight: 0 })
  const origin = `http://127.0.0.1:${await listen(app)}`
  for (const [method, path] of [
    ['POST', '/things/1'],
    ['PUT', '/nowhere'],
    ['GET', '/plain'],
    ['GET', '/%zz'],
    ['POST', '/bad']
  ] as const) await (await fetch(origin + path, { method })).text()
  t.strictSame(outcomesOf(app), { started: 3, finished: 3, aborted: 0, inFlight: 0 })
  t.strictSame(countsOf(app, 'http.server.errors'), { '/bad TypeError': 1 })
  t.strictSame(countsOf(app, 'metrics.hook.errors'), {})
})

t.test('the endpoint has another path, none, or options of a route', async t => {
  const guarded = await build(t, {
    endpoint: {
      url: '/internal/metrics',
      onRequest: async (request, reply) => { if (request.headers['x-key'] !== 'k') await reply.code(403).send() }
    }
  })
  t.equal((await guarded.inject('/internal/metrics')).statusCode, 403)
  t.equal((await guarded.inject({ url: '/internal/metrics/', headers: { 'x-key': 'k' } })).statusCode, 200)
  t.equal((await guarded.inject('/metrics')).statusCode, 404)
  t.equal((await (await build(t, { endpoint: null })).inject('/metrics')).statusCode, 404)

  const shared: FastifyInstance = Fastify()
  t.teardown(async () => { await shared.close() })
  shared.get('/metrics', async () => 'own')
  await shared.register(metrics, { observer: false, endpoint: { url: '/metrics', constraints: { host: 'internal' } } })
  t.equal((await shared.inject('/metrics')).body, 'own')
  t.match((await shared.inject({ url: '/metrics', headers: { host: 'internal' } })).body, /^# HELP /)
})

t.test('what cannot be served so is refused', async t => {
  const cases: Array<[options: MetricsOptions, message: RegExp]> = [
    [
      { families: { http_request_duration_second: false } },
      /^The option families of metrics has http_request_duration_second, .*: did you mean .*_seconds\?$/
    ],
    [
      { families: { db_rows_total: { buckets: [1] } } },
      /^The option families\.db_rows_total of metrics has buckets, but it is a counter/
    ],
    [
      { families: { http_request_duration_seconds: { buckets: [2, 1] } } },
      /^The option families\.http_request_duration_seconds\.buckets of metrics is \[ 2, 1 \], .* in increasing order$/
    ],
    [
      { families: { db_rows_total: { name: 'http_requests_started_total' } } },
      /^The option families\.db_rows_total\.name of metrics is 'http_requests_started_total', under which \w+ is served/
    ],
    ...['count', 'sum', 'bucket', 'created'].map((part): [MetricsOptions, RegExp] => [
      { families: { db_rows_total: { name: `http_request_duration_seconds_${part}` } } },
      /^The option families\.db_rows_total\.name .* under which http_request_duration_seconds is served, or a part/
    ]),
    [
      { families: { http_requests_in_flight: { name: 'http_requests_started' } } },
      /^The option families\.http_requests_in_flight\.name .* under which http_requests_started_total is served/
    ],
    [
      { families: { db_rows_total: { name: 'one' }, db_connections: { name: 'one' } } },
      /^The option families\.db_\w+\.name of metrics is 'one', under which db_\w+ is served, or a part of it: give one/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: 'le' } } } },
      /^The option families\.http_request_duration_seconds\.labels\.method of metrics is 'le', which is reserved/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: 'quantile' } } } },
      /\.labels\.method of metrics is 'quantile', which is reserved by Prometheus: give it another name$/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: '__name__' } } } },
      /\.labels\.method of metrics is '__name__', but must be letters, digits and underscores/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: 'route' } } } },
      /^The option families\.http_request_duration_seconds\.labels of metrics gives two labels the name route: /
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: 'verb', route: 'verb' } } } },
      /gives two labels the name verb: give one another name$/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { method: 'team' } } }, labels: { team: 'a' } },
      /\.labels of metrics gives a label the name team, which the option labels gives one, too: give one another name$/
    ],
    [
      { families: { http_request_duration_seconds: { labels: { rout: 'x' } } } },
      /\.labels of metrics has rout, which is no label of the family: did you mean route\?$/
    ],
    [
      { families: { http_service_aborted_total: { labels: { nope: 'x' } } } },
      /\.labels of metrics has nope, which is no label of the family: its labels are traffic$/
    ],
    [
      { families: { http_requests_in_flight: { labels: { nope: 'x' } } } },
      /\.labels of metrics has nope, which is no label of the family: it has none$/
    ],
    [{ labels: { le: 'x' } }, /^The label le of metrics is reserved by Prometheus: give it another name$/],
    [{ routeLabels: { quantile: () => 'x' } }, /^The label quantile of metrics is reserved by Prometheus: give it/],
    [
      { names: ['otel'], routeLabels: { http_route: () => 'x' } },
      /^The option routeLabels of metrics has the label http_route, which http_server_request_duration_seconds has/
    ],
    [
      { families: { db_rows_total: { name: 'db rows' } } },
      /^The option families\.db_rows_total\.name of metrics is 'db rows', but must be letters, digits and underscores$/
    ],
    [
      { families: { db_rows_total: { bucket: [1] } as object } },
      /^metrics has no option families\.db_rows_total\.bucket: did you mean buckets\?$/
    ],
    [
      { families: { db_rows_total: true as false } },
      /^The option families\.db_rows_total of metrics is true, but must be false, or an object$/
    ],
    [{ labels: { route: 'x' } }, /^The option labels of metrics has the label route, which http_.* has already/],
    [{ labels: { 'my-team': 'x' } }, /^The label "my-team" of metrics must be letters/],
    [{ labels: { team: 1 as unknown as string } }, /^The option labels\.team of metrics is 1, but must be a string$/],
    [
      { labels: { team: 'a' }, routeLabels: { team: () => 'b' } },
      /^The label team of metrics is in labels and in routeLabels/
    ],
    [
      { excludeMethods: ['get'] },
      /^The option excludeMethods\[0\] of metrics is 'get', but must be a method .*, in capitals: did you mean GET\?$/
    ],
    [
      { endpoint: { url: 'metrics' } },
      /^The option endpoint\.url of metrics is 'metrics', but must be a path that begins with \/, without \? and #$/
    ]
  ]
  for (const [options, message] of cases) {
    const app = Fastify()
    await t.rejects(
      async () => await app.register(metrics, { observer: false, ...options }),
      { message },
      message.source
    )
    await app.close().catch(() => {})
  }
})

t.test('what options within options may be is told, and what replaces those of fastify-metrics', async t => {
  const refusal = async (options: object) => {
    const app = Fastify()
    const told = await app.register(metrics, { observer: false, ...options }).then(() => 'accepted', String)
    await app.close().catch(() => {})
    return told
  }
  const family = (options: object) => ({ families: { db_rows_total: options } })
  const hooks = [
    'onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse', 'onTimeout',
    'onError', 'onRequestAbort'
  ]
  const functions = [
    'validatorCompiler', 'serializerCompiler', 'errorHandler', 'childLoggerFactory', 'schemaErrorFormatter'
  ]
  const objects = ['schema', 'logSerializers', 'config', 'constraints']
  const ofEndpoint = (names: readonly string[], value: unknown, told: string) => names.map(name => [
    { endpoint: { url: '/m', [name]: value } },
    `The option endpoint.${name} of metrics is ${typeof value === 'string' ? `'${value}'` : value}, but must be ${told}`
  ] as const)
  for (const [options, told] of [
    [{ routeLabels: { team: 'x' } }, "The option routeLabels.team of metrics is 'x', but must be a function"],
    [{ routeName: 'x' }, "The option routeName of metrics is 'x', but must be a function"],
    [
      { unmatchedRoute: '' },
      "The option unmatchedRoute of metrics is '', but must be a string that is not empty, or false"
    ],
    [
      { excludeRoutes: [7] },
      'The option excludeRoutes[0] of metrics is 7, but must be a string or a regular expression'
    ],
    [
      { namePrefix: 'my-' },
      "The option namePrefix of metrics is 'my-', but must be letters, digits and underscores"
    ],
    [
      family({ name: 'my-name' }),
      "The option families.db_rows_total.name of metrics is 'my-name', but must be letters, digits and underscores"
    ],
    [
      family({ buckets: 'x' }),
      "The option families.db_rows_total.buckets of metrics is 'x', but must be a list of numbers in increasing order"
    ],
    [
      family({ labels: { query: '__q' } }),
      "The option families.db_rows_total.labels.query of metrics is '__q', but must be letters, digits and underscores"
    ],
    ...ofEndpoint(hooks, 'x', 'a function, or a list of functions'),
    ...ofEndpoint(functions, 'x', 'a function'),
    ...ofEndpoint(objects, 'x', 'an object'),
    ...ofEndpoint(['attachValidation', 'exposeHeadRoute'], 'x', 'true or false'),
    ...ofEndpoint(['bodyLimit'], 0, 'a whole number of bytes, above 0'),
    ...ofEndpoint(['handlerTimeout'], 0, 'a whole number of milliseconds, above 0'),
    ...ofEndpoint(['logLevel'], 7, 'a string'),
    [
      { endpoint: { url: '/m', onRequest: [7] } },
      'The option endpoint.onRequest[0] of metrics is 7, but must be a function'
    ],
    ...Object.entries({
      defaultMetrics: 'what is served of the process and of Node.js can be turned off in families, ' +
        'and have a namePrefix and labels',
      routeMetrics: 'its parts are the options families, labels, routeLabels, routeName, ' +
        'groupStatusCodes, excludeRoutes, excludeMethods and unmatchedRoute',
      promClient: 'a prom-client is made for each app: app.metrics.client',
      register: 'a registry is made for each app: app.metrics.client.register',
      clearRegisterOnInit: 'a registry is made for each app, so there is nothing to clear',
      name: 'the decorator is called app.metrics'
    }).map(([name, why]) => [{ [name]: 'x' }, `metrics has no option ${name}: ${why}`] as const)
  ] as const) t.equal(await refusal(options), `TypeError: ${told}`)
  for (const options of [
    { unmatchedRoute: 'none', excludeRoutes: ['/a', /b/], excludeMethods: ['M-SEARCH'], namePrefix: '' },
    { ...family({ name: 'a:b_9', help: 'x', labels: { query: 'q' } }), namePrefix: 'a:b_9' },
    { families: { db_rows_total: false, db_query_duration_seconds: { buckets: [1] } }, groupStatusCodes: true }
  ]) t.equal(await refusal(options), 'accepted')
})

t.test('the observer serves the same', async t => {
  const options: MetricsOptions = {
    namePrefix: 'shop_',
    labels: { zone: 'a' },
    routeLabels: { team: ({ config }) => config.team },
    families: { http_request_duration_seconds: { name: 'request_seconds', buckets: [0.003, 3] }, db_rows_total: false }
  }
  const app = await build(t, { ...options, observer: {} })
  const orders = app.metrics.counter({ name: 'orders_total', help: 'Orders', labelNames: ['kind'] })
  await listen(app)
  await ask(app)
  orders.labels({ kind: 'late' }).inc(3)
  const weight = app.metrics.histogram({ name: 'weight_kilograms', help: 'Weight', buckets: [1, 5] })
  weight.observe(2)
  for (const accept of ['text/plain', 'application/openmetrics-text']) {
    const { body } = await app.inject({ url: '/metrics', headers: { accept } })
    t.match(
      body,
      /^shop_request_seconds_count\{method="GET",route="\/things\/:id",status_code="200",team="shop",zone="a"\} 1$/m
    )
    t.match(body, /^shop_http_requests_in_flight\{zone="a"\} \d+$/m)
    t.match(body, /^orders_total\{kind="late",zone="a"\} 3$/m)
    t.match(body, /^weight_kilograms_bucket\{zone="a",le="5(\.0)?"\} 1$/m)
    t.match(body, /^shop_metrics_observer_up\{zone="a"\} 1$/m)
  }
})

t.test('what is left out and no route is told of, and what a route says of metrics is checked', async t => {
  const told: string[] = []
  const stream = { write: (line: string) => { told.push((JSON.parse(line) as { msg: string }).msg) } }
  const app: FastifyInstance = Fastify({ logger: { level: 'warn', stream } })
  t.teardown(async () => { await app.close() })
  app.get('/early', { config: { metrics: 'no' } as object }, async () => '')
  const excludeRoutes = ['/early', '/plan', '/other', /^\/pl/, /^\/internal/]
  await app.register(metrics, { observer: false, excludeRoutes })
  app.get('/plain', async () => '')
  for (const [config, message] of [
    [{ metrics: 'false' }, "The option config.metrics of the route /x is 'false', but must be true or false"],
    [{ disableMetrics: 1 }, 'The option config.disableMetrics of the route /x is 1, but must be true or false'],
    [{ serverTiming: 'no' }, "The option config.serverTiming of the route /x is 'no', but must be true or false"]
  ] as const) {
    t.throws(() => app.get('/x', { config: config as object }, async () => ''), { name: 'TypeError', message })
  }
  await app.ready()
  t.strictSame(told, [
    "The option excludeRoutes of metrics has '/plan', and no route is so: did you mean /plain?",
    "The option excludeRoutes of metrics has '/other', and no route is so",
    'The option excludeRoutes of metrics has /^\\/internal/, and no route is so'
  ])
  for (let time = 0; time < 2; time++) await app.inject('/early')
  t.strictSame(
    told.slice(3),
    ["The option config.metrics of the route /early is 'no', but must be true or false"],
    'a route that was there before is told of once, when it is asked for'
  )
})

t.test('what is no client is not measured', async t => {
  const app = await build(t, {})
  for (const none of [{}, undefined, () => {}, 'postgres://localhost']) {
    const message = /^measure needs a client, .*but got /
    t.throws(() => app.metrics.measure(none as never), { name: 'TypeError', message })
  }
})
