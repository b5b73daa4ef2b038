import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import management from '../../plugins/management.js'
import metrics from '../../plugins/metrics.js'
import page from '../../plugins/page.js'
import postgres from '../../plugins/postgres.js'
import pressure from '../../plugins/pressure.js'

const plugins = { metrics, health, pressure, postgres, management, page }
const url = 'postgres://me:hunter2@127.0.0.1:1/none'

async function refusal (plugin: keyof typeof plugins, options: object): Promise<string> {
  const app: FastifyInstance = Fastify()
  const error = await app.register(plugins[plugin] as typeof metrics, options).then(
    () => undefined,
    error => error as Error
  )
  await app.close().catch(() => {})
  return error === undefined ? 'accepted' : `${error.name}: ${error.message}`
}

const refused: Array<[plugin: keyof typeof plugins, options: object, message: string | RegExp]> = [
  [
    'pressure',
    { maxEventLoopDelay: '1s' },
    "The option maxEventLoopDelay of pressure is '1s', but must be a number of milliseconds, from 0 to 2147483647"
  ],
  ['pressure', { maxEventLoopDelay: -1 }, /^The option maxEventLoopDelay of pressure is -1, /],
  ['pressure', { maxEventLoopDelay: NaN }, /is NaN, but must be a number/],
  [
    'pressure',
    { maxEventLoopUtilization: 98 },
    'The option maxEventLoopUtilization of pressure is 98, but must be a number, from 0 to 1'
  ],
  ['pressure', { maxHeapUsedByte: 1 }, 'pressure has no option maxHeapUsedByte: did you mean maxHeapUsedBytes?'],
  [
    'pressure',
    { customError: new Error('x') },
    'The option customError of pressure is Error: x, but must be a class of errors'
  ],
  [
    'pressure',
    { customError: Object.assign(new RangeError('x\ny', { cause: new Error('z') }), { code: 'E' }) },
    "The option customError of pressure is RangeError: x y { code: 'E', [cause]: Error: z }, " +
    'but must be a class of errors'
  ],
  [
    'pressure',
    { customError: [new Error('x'), { error: new Error('y') }] },
    'The option customError of pressure is [ Error: x, { error: Error: y } ], but must be a class of errors'
  ],
  [
    'pressure',
    { exposeStatusRoute: 'status' },
    /^The option exposeStatusRoute of pressure is 'status', but must be true, false, a path that begins with \/, /
  ],
  [
    'pressure',
    { customError: () => {} },
    'The option customError of pressure is a function, but must be a class of errors: ' +
    "new customError() threw 'TypeError: CustomError is not a constructor'"
  ],
  [
    'pressure',
    { customError: class Busy {} },
    'The option customError of pressure is a function, but must be a class of errors: new Busy() made Busy {}'
  ],
  [
    'pressure',
    { customError: Error, message: 'x', pressureHandler: () => {} },
    'pressure has pressureHandler and customError and message: give one of them, for each is in place of the others'
  ],
  [
    'pressure',
    { exposeStatusRoute: { nope: 1 } },
    'pressure has no option exposeStatusRoute.nope: there are url, routeOpts, routeSchemaOpts, routeResponseSchemaOpts'
  ],
  [
    'pressure',
    { exposeStatusRoute: { url: 'status' } },
    /^The option exposeStatusRoute\.url of pressure is 'status', but must be a path that begins with \//
  ],
  ['pressure', { healthCheck: () => true }, /^pressure has no option healthCheck: .*app\.health\.check\(name, fn, /],
  [
    'postgres',
    { url, poolSize: 0 },
    'The option poolSize of postgres is 0, but must be a whole number, from 1 to 10000'
  ],
  ['postgres', { url, poolSize: 2.5 }, /is 2\.5, but must be a whole number/],
  ['postgres', { url, max: 5 }, 'postgres has no option max: it is called poolSize'],
  ['postgres', { url, tables: [''] }, /^The option tables\[0\] of postgres is '', but must be /],
  ['postgres', { url, name: '' }, /^The option name of postgres is '', but must be /],
  ['postgres', { url, applicationName: '' }, /^The option applicationName of postgres is '', but must be /],
  [
    'postgres',
    { url, idleTimeoutSecond: 5 },
    'postgres has no option idleTimeoutSecond: did you mean idleTimeoutSeconds?'
  ],
  [
    'postgres',
    { url, queryTimeoutMs: 3e9 },
    /is 3000000000, but must be a number of milliseconds, from 0 to 2147483647$/
  ],
  [
    'postgres',
    { url, tls: 'verify-ca' },
    "The option tls of postgres is 'verify-ca', but must be one of 'disable', 'require', 'verify-full'"
  ],
  [
    'postgres',
    { url, migrations: [{ version: 1, name: 'x' }] },
    'The option migrations[0].sql of postgres must be a string, and is missing'
  ],
  [
    'postgres',
    { url: 'mysql://root:hunter2@host' },
    'The option url of postgres must be a URL such as postgres://user:password@host:5432/database'
  ],
  [
    'postgres',
    {},
    'The option url of postgres must be a URL such as postgres://user:password@host:5432/database, and is missing'
  ],
  ...[
    [{ driver: { max: 50 } }, "postgres has no option driver.max: it is the plugin's own option poolSize"],
    [{ driver: { host: 'db' } }, 'postgres has no option driver.host: it is a part of the URL, the option url'],
    [{ driver: 'fast' }, "The option driver of postgres is 'fast', but must be an object"],
    [{ driver: { transfrom: {} } }, 'postgres has no option driver.transfrom: did you mean transform?'],
    [{ driver: { backoff: true } }, /^postgres has no option driver\.backoff: the pool has pauses of its own/],
    [{ driver: { ssl: {} }, tls: 'require' }, 'postgres has tls and driver.ssl: give one of them'],
    [
      { url: `${url}?sslmode=verify-full`, tls: 'disable' },
      "postgres has tls 'disable' and sslmode=verify-full in the URL, by which connections would not be encrypted: " +
      'leave out the one that is wrong'
    ],
    [
      { url: `${url}?sslmode=verify-full`, driver: { ssl: 'require' } },
      "postgres has driver.ssl 'require' and sslmode=verify-full in the URL, " +
      "by which the server's certificate would not be verified: leave out the one that is wrong"
    ],
    [
      { url: `${url}?ssl=true&sslmode=disable` },
      'postgres has sslmode=disable in the URL and ssl=true in the URL, by which connections would not be encrypted: ' +
      'leave out the one that is wrong'
    ],
    [
      { url: `${url}?sslnegotiation=direct` },
      'postgres has sslnegotiation=direct in the URL, but nothing that asks for TLS: ' +
      'set tls to verify-full or require, or leave it out'
    ],
    [{ driver: { pass: 'hunter2' } }, 'postgres has a password in the URL and driver.pass: give one of them'],
    [{ host: 'db' }, 'postgres has no option host: it is a part of the URL, the option url'],
    [
      { driver: { connection: { application_name: 'x' } } },
      'postgres has driver.connection.application_name: it is called applicationName'
    ],
    [
      { migrations: [{ version: 1, name: 'x', sql: '' }, { version: 1, name: 'y', sql: '' }] },
      'The migrations x and y both have the version 1: give the later one the next number, ' +
      'for the database keeps each number once'
    ],
    [{ url: `${url}?schema=public` }, /^The database URL cannot be used: PostgreSQL does not know schema: /]
  ].map(([options, message]): typeof refused[0] =>
    ['postgres', { url, ...options as object }, message as string | RegExp]),
  [
    'metrics',
    { names: ['fastify', 'otel', 'fastify'] },
    "The option names of metrics has 'fastify' more than once: give it once"
  ],
  [
    'metrics',
    { names: ['prometheus'] },
    "The option names[0] of metrics is 'prometheus', but must be one of 'fastify', 'django', 'otel'"
  ],
  ['metrics', { names: 'fastify' }, /^The option names of metrics is 'fastify', but must be a list of one or more of /],
  [
    'metrics',
    { attribute: 'sync' },
    "The option attribute of metrics is 'sync', but must be one of 'async', 'request'"
  ],
  ['metrics', { nPlusOne: -1 }, 'The option nPlusOne of metrics is -1, but must be a whole number, 0 or more'],
  [
    'metrics',
    { serverTiming: 'all' },
    /^The option serverTiming of metrics is 'all', but must be true, false, or a function/
  ],
  ['metrics', { names: [] }, /^The option names of metrics is \[\], /],
  ['metrics', { maxSerie: 5 }, 'metrics has no option maxSerie: did you mean maxSeries?'],
  [
    'metrics',
    { endpoint: 'metrics' },
    "The option endpoint of metrics is 'metrics', " +
    "but must be a path that begins with /, without ? and #, null, or a route's options with such a path as url"
  ],
  ...[
    [{ endpoint: '/m?x=1' }, /^The option endpoint of metrics is '\/m\?x=1', but must be a path that begins with/],
    [{ endpoint: { url: '/m#x' } }, /^The option endpoint\.url of metrics is '\/m#x', but must be a path that begins/],
    [
      { endpoint: { url: '/m', onRequst: () => {} } },
      'metrics has no option endpoint.onRequst: did you mean onRequest?'
    ],
    [{ endpoint: { url: '/m', onRequest: 'guard' } }, /onRequest of metrics is 'guard', but must be a function, or a/],
    [{ endpoint: { url: '/m', method: 'POST' } }, "The option endpoint.method of metrics is 'POST', but must be 'GET'"],
    [
      { endpoint: { url: '/m', handler: () => {} } },
      'metrics has no option endpoint.handler: it is answered with the metrics'
    ],
    [
      { endpoint: { url: '/m', prefixTrailingSlash: 'both' } },
      /^metrics has no option endpoint\.prefixTrailingSlash: metrics are served with and without/
    ],
    [{ endpoint: { path: '/m' } }, /^metrics has no option endpoint\.path: it is called url\n/],
    [{ prefix: '/p?x' }, /^The option prefix of metrics is '\/p\?x', but must be a path that begins with \/, without/]
  ].map(([options, message]): typeof refused[0] => ['metrics', options as object, message as string | RegExp]),
  ['metrics', { observer: { stallMS: 100 } }, 'metrics has no option observer.stallMS: did you mean stallMs?'],
  [
    'metrics',
    { observer: { stallMs: 1 } },
    /^The option observer\.stallMs of metrics is 1, but must be a number of milliseconds, from 50 to/
  ],
  [
    'metrics',
    { observer: { stallMs: 5000, livenessBlockedMs: 1000 } },
    /^The option observer\.stallMs of metrics is 5000, but observer\.livenessBlockedMs 1000: .* one lower or the other/
  ],
  ['metrics', { observer: { stallMs: 20_000 } }, /stallMs of metrics is 20000, but observer\.livenessBlockedMs 10000/],
  ['metrics', { observer: true }, /^The option observer of metrics is true, but must be an object, or false$/],
  ['metrics', { routeMetrics: { enabled: false } }, /^metrics has no option routeMetrics: /],
  [
    'metrics',
    { bodySizes: 'no', maxSeries: 0 },
    /maxSeries of metrics is 0, [^\n]*\n.*bodySizes of metrics is 'no', but must be true or false/
  ],
  [
    'health',
    { timeout: 0 },
    'The option timeout of health is 0, but must be a number of milliseconds, above 0 and at most 2147483647'
  ],
  ['health', { keep: '500' }, /^The option keep of health is '500', but must be a number of milliseconds/],
  [
    'health',
    { prefix: 'internal' },
    "The option prefix of health is 'internal', but must be a path that begins with /, without ? and #"
  ],
  ['management', { token: 'hunter2\n' }, /^The option token of management must be of letters.*$/],
  [
    'management',
    { private: '/metrics' },
    "The option private of management is '/metrics', but must be a list, " +
    'each a path that begins with /, without ?, # and *, and guards what is below it, too'
  ],
  [
    'management',
    { private: ['/docs/*'] },
    /^The option private\[0\] of management is '\/docs\/\*', but must be a path .*, and guards what is below it, too$/
  ],
  [
    'management',
    { private: [], token: 'hunter2' },
    'The options of management have a token that guards nothing, for private is an empty list'
  ],
  [
    'metrics',
    { excludeMethods: ['GTE'] },
    "The option excludeMethods[0] of metrics is 'GTE', but must be a method that Node.js knows, in capitals: " +
    'did you mean GET?'
  ],
  ['management', { privates: [] }, 'management has no option privates: did you mean private?'],
  [
    'page',
    { journal: 'api/alerts' },
    /^The option journal of page is 'api\/alerts', but must be a path that begins with \/, or null$/
  ],
  ['page', { managementPort: 9464 }, 'The option managementPort of page is 9464, but must be a function'],
  ['page', { completelyElse: 1 }, /^page has no option completelyElse: there are title, version, /]
]

t.test('an option that is wrong is refused by its name, with its value and what is allowed', async t => {
  for (const [plugin, options, message] of refused) {
    const told = await refusal(plugin, options)
    t.match(
      told,
      typeof message === 'string'
        ? `TypeError: ${message}`
        : message.source.startsWith('^')
          ? new RegExp(message.source.replace('^', '^TypeError: '), message.flags)
          : message
    )
    if (typeof message === 'string') t.equal(told, `TypeError: ${message}`)
    t.notMatch(told, /hunter2/, 'no secret is shown')
  }
})

t.test('what is right is taken, and what is undefined is as if it were not there', async t => {
  const right: Array<[plugin: keyof typeof plugins, options: object]> = [
    [
      'metrics',
      {
        names: ['fastify', 'otel'],
        maxSeries: 1,
        bodySizes: false,
        version: '1',
        endpoint: null,
        observer: false,
        prefix: ''
      }
    ],
    ['metrics', { endpoint: { url: '/m', method: 'GET', onRequest: [async () => {}], config: {}, compress: true } }],
    ['metrics', { names: undefined, observer: { stallMs: undefined } }],
    ['health', { timeout: 0.5, keep: 0, prefix: '/internal' }],
    [
      'pressure',
      {
        maxEventLoopDelay: 0,
        maxEventLoopUtilization: 0.5,
        retryAfter: 1,
        exposeStatusRoute: { url: '/x' },
        customError: Error
      }
    ],
    ['pressure', { exposeStatusRoute: true, pressureHandler: () => {} }],
    ['pressure', { exposeStatusRoute: '/up', message: 'Busy' }],
    [
      'postgres',
      { url, poolSize: 1, tls: 'disable', tables: ['a'], migrations: [{ version: 1, name: 'x', sql: '' }], driver: {} }
    ],
    ['management', { token: '', private: ['/x'] }],
    ['page', { title: 'x', health: null, managementPort: () => null, logLevel: 'warn' }]
  ]
  for (const [plugin, options] of right) t.equal(await refusal(plugin, options), 'accepted', plugin)
})

t.test('what Fastify\'s tools hand to every plugin is none that is wrong', async t => {
  for (const plugin of Object.keys(plugins) as Array<keyof typeof plugins>) {
    const own = plugin === 'postgres' ? { url } : {}
    t.equal(await refusal(plugin, { ...own, prefix: '/vitals', skipOverride: true }), 'accepted', plugin)
    t.match(await refusal(plugin, { ...own, skipOverrides: true }), `${plugin} has no option skipOverrides: `)
  }
})

t.test('a prefix is that of the routes', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { prefix: '/internal', observer: false })
  await app.register(health, { prefix: '/internal' })
  for (const path of [
    '/internal/metrics',
    '/internal/health',
    '/internal/health/ready/'
  ]) t.equal((await app.inject(path)).statusCode, 200, path)
  t.equal((await app.inject('/metrics')).statusCode, 404)
})

t.test('a slash is one where prefix and path meet, and none at the end, as Fastify joins prefixes', async t => {
  for (const [prefix, endpoint, within, served] of [
    ['/', '/metrics', '', '/metrics'],
    ['/p/', '/metrics', '', '/p/metrics'],
    ['/p', '/m/', '', '/p/m'],
    ['', '/', '', ''],
    ['/', '/', '', ''],
    ['/p/', '/', '', '/p'],
    ['/p/', '/m', '/child/', '/child/p/m']
  ] as const) {
    const app: FastifyInstance = Fastify()
    t.teardown(async () => { await app.close() })
    await app.register(async app => {
      await app.register(metrics, { prefix, endpoint, observer: false })
      await app.register(health, { prefix })
    }, { prefix: within })
    await app.register(page, { prefix: '/page' })
    await app.ready()
    const slashes = new Set([served, `${served}/`].filter(url => url !== ''))
    for (const url of slashes) t.match((await app.inject(url)).body, /^# HELP /, `${prefix} + ${endpoint}: ${url}`)
    const prefixed = `${within.replace(/\/$/, '')}${prefix.replace(/\/$/, '')}/health`
    for (const url of [prefixed, `${prefixed}/live/`]) t.equal((await app.inject(url)).statusCode, 200, url)
    t.notOk(app.hasRoute({ method: 'GET', url: `${served}//` }))
    const { body } = await app.inject('/page')
    t.match(body, new RegExp(`(&quot;|")metrics\\1:\\1${served || '/'}\\1`), 'the page knows where they are')
  }
})

t.test('the port for operators is not opened by options that are wrong, a misspelt token above all', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics)
  const { observer } = app.metrics
  const at = { host: '127.0.0.1', port: 0 }
  for (const [options, message] of [
    [{ ...at, tokn: 'x' }, /^observer\.listen has no option tokn.* token/],
    [{ ...at, token: 5 }, /^The option token of observer\.listen must be a text$/],
    [{ ...at, port: 70_000 }, /^The option port of observer\.listen is 70000, but must be .* 0 to 65535$/],
    [{ port: 0 }, /^The option host of observer\.listen must be an address to listen on.*, and is missing$/]
  ] as const) await t.rejects(async () => await observer?.listen(options as never), { name: 'TypeError', message })
  t.equal(observer?.port(), undefined)
  const bound = await observer?.listen(at)
  const message = 'observer.listen is called twice: an app has one port for operators'
  await t.rejects(async () => await observer?.listen(at), { message })
  t.equal(observer?.port(), bound?.port)
})

t.test('each option of postgres.js is taken in driver, or has what there is instead', async t => {
  const taken = [
    'types', 'transform', 'socket', 'connection', 'ssl', 'sslnegotiation', 'target_session_attrs', 'password', 'pass',
    'keep_alive', 'publications', 'debug', 'onclose', 'onnotify', 'onparameter'
  ]
  const postgresWith = async (options: object) =>
    await refusal('postgres', { url: 'postgres://127.0.0.1:1/none', ...options })
  for (const name of taken) {
    t.equal(await postgresWith({ driver: { [name]: undefined } }), 'accepted', name)
    const instead = name === 'ssl'
      ? 'it is called tls; certificates and keys are given in driver: { ssl: { ca, cert, key } }'
      : 'options of postgres.js are given in driver'
    t.equal(await postgresWith({ [name]: {} }), `TypeError: postgres has no option ${name}: ${instead}`)
  }
  const renamed = {
    max: 'poolSize',
    connect_timeout: 'connectTimeoutSeconds',
    idle_timeout: 'idleTimeoutSeconds',
    timeout: 'idleTimeoutSeconds',
    max_lifetime: 'maxLifetimeSeconds',
    fetch_types: 'fetchTypes',
    no_prepare: 'prepare',
    onnotice: 'onNotice'
  }
  for (const [name, option] of Object.entries(renamed)) {
    t.equal(await postgresWith({ [name]: 1 }), `TypeError: postgres has no option ${name}: it is called ${option}`)
    t.equal(
      await postgresWith({ driver: { [name]: 1 } }),
      `TypeError: postgres has no option driver.${name}: it is the plugin's own option ${option}`
    )
  }
  const elsewhere = {
    backoff: 'the pool has pauses of its own between two attempts to connect',
    max_pipeline: 'a connection of the pool has one query at a time',
    ...Object.fromEntries(['host', 'hostname', 'port', 'path', 'database', 'db', 'user', 'username'].map(name =>
      [name, 'it is a part of the URL, the option url']))
  }
  for (const [name, why] of Object.entries(elsewhere)) {
    for (const [options, path] of [[{ [name]: 1 }, name], [{ driver: { [name]: 1 } }, `driver.${name}`]] as const) {
      t.equal(await postgresWith(options), `TypeError: postgres has no option ${path}: ${why}`)
    }
  }
})

t.test('what is given twice is refused together, and a password is known wherever the URL has it', async t => {
  for (const given of ['postgres://me:hunter2@127.0.0.1:1/none', 'postgres://me@127.0.0.1:1/none?password=hunter2']) {
    for (const name of ['password', 'pass']) {
      t.equal(
        await refusal('postgres', {
          url: given,
          tls: 'require',
          driver: { ssl: {}, [name]: 'hunter3', connection: { application_name: 'x' } }
        }),
        'TypeError: postgres has tls and driver.ssl: give one of them\n' +
        `postgres has a password in the URL and driver.${name}: give one of them\n` +
        'postgres has driver.connection.application_name: it is called applicationName'
      )
    }
  }
  const alone = { url: 'postgres://me@127.0.0.1:1/none', driver: { pass: 'hunter2', connection: { search_path: 'x' } } }
  t.equal(await refusal('postgres', alone), 'accepted')
  const unreadable = { ...alone, url: 'postgres://me:hun#ter2@db/x' }
  t.match(await refusal('postgres', unreadable), /^Error: The database URL cannot be read/)
})
