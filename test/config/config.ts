import t from 'tap'
import { buildApp } from '../../src/app.js'
import { environmentWarnings, loadConfig, namingsOf } from '../../src/config/config.js'
import { parseEnvFile } from '../../src/config/env-file.js'
import type { VariableSchema } from '../../src/config/variable.js'
import { variables } from '../../src/config/variables.js'

t.test('every variable has a default and a description', async t => {
  const config = loadConfig({})
  const properties = Object.entries(variables.properties) as Array<[keyof typeof config, { description?: string }]>
  for (const [name, { description }] of properties) {
    t.not(config[name], undefined, name)
    t.ok(description, name)
  }
  t.match(config, { HOST: '0.0.0.0', PORT: 8000, DATA_DIR: '.data', LOG_LEVEL: 'info' })
})

t.test('values are read as what they are, and nothing can change them after', async t => {
  const config = loadConfig({ PORT: '9000', MIGRATE_ON_START: 'false', UNKNOWN: 'x' })
  t.match(config, { PORT: 9000, MIGRATE_ON_START: false })
  t.notOk('UNKNOWN' in config)
  t.throws(() => { (config as { PORT: number }).PORT = 1 }, TypeError)
})

t.test('an empty variable counts as not set', async t => {
  t.equal(loadConfig({ PORT: '' }).PORT, 8000)
})

t.test('each wrong variable is named with its value and what it should be', async t => {
  t.throws(
    () => loadConfig({ PORT: 'abc', LOG_LEVEL: 'loud' }),
    {
      message: new RegExp(
        '^PORT must be a whole number from 0 to 65535, not "abc"\\. It is: Port to listen on[^]*' +
        '\nLOG_LEVEL must be one of trace, debug, .*, not "loud"\\. It is: '
      )
    }
  )
  for (const [name, value, sentence] of [
    ['PORT', '70000', 'must be a whole number from 0 to 65535, not "70000"'],
    ['PORT', '0x50', 'must be a whole number from 0 to 65535, not "0x50"'],
    ['DATABASE_POOL_SIZE', '2.5', 'must be a whole number from 1 to 10000, not "2.5"'],
    ['DATABASE_CONNECT_TIMEOUT_SECONDS', '5s', 'must be a number from 0 to 2147483, not "5s"'],
    ['DOCS', 'yes', 'must be true or false, not "yes"'],
    [
      'TRUST_PROXY',
      '10.0.0.0/99',
      'must be a comma-separated list of addresses and networks such as 10.0.0.1, 10.1.0.0/16 or fd00::/8, ' +
      'of at most 32 bits, or 128 for IPv6, not "10.0.0.0/99"'
    ]
  ] as const) {
    const error = await Promise.resolve({ [name]: value }).then(loadConfig).catch(error => error)
    t.ok(error.message.startsWith(`${name} ${sentence}. It is: `), error.message)
  }
})

t.test('no time is longer than a timer can be, after which it would end at once', async t => {
  for (const [name, { maximum }] of Object.entries(
    variables.properties as Record<string, { maximum?: number }>
  ).filter(([name]) => /_(MS|SECONDS)$/.test(name))) {
    t.ok((maximum ?? Infinity) * (name.endsWith('_MS') ? 1 : 1000) < 2 ** 31, name)
  }
  t.throws(
    () => loadConfig({ SHUTDOWN_TIMEOUT_MS: '3000000000' }),
    { message: /^SHUTDOWN_TIMEOUT_MS must be a whole number from 1 to 2147483647/ }
  )
  for (const [name, { type, maximum }] of Object.entries(
    variables.properties as Record<string, { type?: string, maximum?: number }>
  )) {
    if (type === 'integer' || type === 'number') t.type(maximum, 'number', name)
  }
})

t.test('values that contradict each other are refused, each named with its value and what to do', async t => {
  const lower = 'set it lower, or SHUTDOWN_TIMEOUT_MS higher'
  for (const [environment, message] of [
    [
      { SHUTDOWN_DRAIN_MS: '30000' },
      /^SHUTDOWN_DRAIN_MS is 30000, but stopping may take 20000 ms in all \(SHUTDOWN_TIMEOUT_MS\)/
    ],
    [{ SHUTDOWN_REQUESTS_TIMEOUT_MS: '30000' }, new RegExp(`^SHUTDOWN_REQUESTS_TIMEOUT_MS is 30000, .*: ${lower}$`)],
    [{ DATABASE_CLOSE_TIMEOUT_SECONDS: '60' }, new RegExp(`^DATABASE_CLOSE_TIMEOUT_SECONDS is 60, but .*: ${lower}$`)],
    [
      { SHUTDOWN_DRAIN_MS: '5000', SHUTDOWN_REQUESTS_TIMEOUT_MS: '10000', DATABASE_CLOSE_TIMEOUT_SECONDS: '5' },
      new RegExp(
        '^SHUTDOWN_DRAIN_MS is 5000, SHUTDOWN_REQUESTS_TIMEOUT_MS is 10000, DATABASE_CLOSE_TIMEOUT_SECONDS is 5, ' +
        '20000 ms together, but .*: set one of them lower, or SHUTDOWN_TIMEOUT_MS higher$'
      )
    ],
    [
      { SHUTDOWN_TIMEOUT_MS: '5000', SHUTDOWN_REQUESTS_TIMEOUT_MS: '10000' },
      /^SHUTDOWN_REQUESTS_TIMEOUT_MS is 10000, but stopping may take 5000 ms in all/
    ],
    [{ HEADERS_TIMEOUT_MS: '40000' }, /^HEADERS_TIMEOUT_MS is 40000, but REQUEST_TIMEOUT_MS 30000, .* other higher$/],
    [
      { PATH_PARAMETER_LIMIT: '20000' },
      /^PATH_PARAMETER_LIMIT is 20000, but HEADER_LIMIT_BYTES 16384, .* the other higher$/
    ],
    [{ STALL_MS: '20000' }, /^STALL_MS is 20000, but LIVENESS_BLOCKED_MS 10000.* the other higher$/],
    [
      { DATABASE_TLS: 'require', DATABASE_URL: 'postgres://me:hunter2@db/shop?sslmode=verify-ca' },
      new RegExp(
        '^DATABASE_TLS is require, but DATABASE_URL has sslmode=verify-ca, ' +
        "and the server's certificate would not be verified: leave out the one that is wrong$"
      )
    ],
    [
      { DATABASE_URL: 'postgres://me:hunter2@db/shop?sslmode=disable&ssl=require' },
      /^DATABASE_URL has sslmode=disable and ssl=require, and connections would not be encrypted: leave out .* wrong$/
    ],
    [
      { DATABASE_URL: 'postgres://me:hunter2@db/shop?sslnegotiation=direct' },
      /^DATABASE_URL has sslnegotiation=direct, but nothing asks for TLS: set DATABASE_TLS to verify-full or require, /
    ],
    [{ PORT: '9464' }, /^PORT and MANAGEMENT_PORT are both 9464/]
  ] as const) t.throws(() => loadConfig(environment), { message })
  for (const DATABASE_TLS of ['url', 'require', 'verify-full']) {
    for (const sslmode of ['disable', 'prefer', 'require']) {
      t.match(loadConfig({ DATABASE_TLS, DATABASE_URL: `postgres://db/shop?sslmode=${sslmode}` }), { DATABASE_TLS })
    }
  }
  t.equal(loadConfig({ PORT: '9464', HOST: '10.0.0.1', MANAGEMENT_HOST: '127.0.0.1' }).PORT, 9464)
})

t.test('what is not set fits what is, and is never more than its default', async t => {
  const defaults = { SHUTDOWN_REQUESTS_TIMEOUT_MS: 10_000, DATABASE_CLOSE_TIMEOUT_SECONDS: 5 }
  for (const [environment, fitting] of [
    [{}, { ...defaults, HEADERS_TIMEOUT_MS: 10_000, STALL_MS: 1000 }],
    [{ SHUTDOWN_TIMEOUT_MS: '60000' }, defaults],
    [
      { SHUTDOWN_TIMEOUT_MS: '5000' },
      { SHUTDOWN_DRAIN_MS: 0, SHUTDOWN_REQUESTS_TIMEOUT_MS: 2500, DATABASE_CLOSE_TIMEOUT_SECONDS: 1.25 }
    ],
    [{ SHUTDOWN_TIMEOUT_MS: '1' }, { SHUTDOWN_REQUESTS_TIMEOUT_MS: 0, DATABASE_CLOSE_TIMEOUT_SECONDS: 0.0005 }],
    [
      { SHUTDOWN_DRAIN_MS: '16000' },
      { SHUTDOWN_REQUESTS_TIMEOUT_MS: 2000, DATABASE_CLOSE_TIMEOUT_SECONDS: 1 }
    ],
    [
      { SHUTDOWN_REQUESTS_TIMEOUT_MS: '18000' },
      { SHUTDOWN_REQUESTS_TIMEOUT_MS: 18_000, DATABASE_CLOSE_TIMEOUT_SECONDS: 1 }
    ],
    [
      { DATABASE_CLOSE_TIMEOUT_SECONDS: '12' },
      { SHUTDOWN_REQUESTS_TIMEOUT_MS: 4000, DATABASE_CLOSE_TIMEOUT_SECONDS: 12 }
    ],
    [{ REQUEST_TIMEOUT_MS: '5000' }, { HEADERS_TIMEOUT_MS: 5000 }],
    [{ REQUEST_TIMEOUT_MS: '5000', HEADERS_TIMEOUT_MS: '' }, { HEADERS_TIMEOUT_MS: 5000 }],
    [{ REQUEST_TIMEOUT_MS: '5000', HEADERS_TIMEOUT_MS: '100' }, { HEADERS_TIMEOUT_MS: 100 }],
    [{ LIVENESS_BLOCKED_MS: '500' }, { STALL_MS: 500 }]
  ] as const) t.match(loadConfig(environment), fitting, JSON.stringify(environment))
})

t.test('a PGSSLMODE by which connections would be encrypted elsewhere is told of as not read', async t => {
  const DATABASE_URL = 'postgres://db/shop'
  for (const PGSSLMODE of ['require', 'verify-ca', 'verify-full']) {
    t.strictSame(
      environmentWarnings({ PGSSLMODE, DATABASE_URL }),
      ['PGSSLMODE is not read: set DATABASE_TLS to verify-full or require, or sslmode in DATABASE_URL']
    )
    for (const more of [
      { DATABASE_TLS: 'require' },
      { DATABASE_URL: `${DATABASE_URL}?sslmode=disable` },
      { DATABASE_URL: `${DATABASE_URL}?a=1&ssl=true` },
      { DATABASE_URL: '' },
      { PGSSLMODE: 'prefer' }
    ]) t.strictSame(environmentWarnings({ PGSSLMODE, DATABASE_URL, ...more }), [], JSON.stringify(more))
  }
})

t.test('what is almost ours is told of, and nothing else', async t => {
  for (const [name, meant] of [
    ['METRICS_NAME', 'METRICS_NAMES'], [
      'metrics_names',
      'METRICS_NAMES'
    ], ['MANAGMENT_PORT', 'MANAGEMENT_PORT'], ['JOURNAL_TOEKN', 'JOURNAL_TOKEN'], ['DATABASEURL', 'DATABASE_URL'],
    [
      'DATABASE_QUERY_TIMEOUT',
      'DATABASE_QUERY_TIMEOUT_MS'
    ], ['DATABASE_CONNECT_TIMEOUT_MS', 'DATABASE_CONNECT_TIMEOUT_SECONDS'], ['LOGLEVEL', 'LOG_LEVEL'], ['port', 'PORT']
  ]) t.strictSame(environmentWarnings({ [name as string]: 'x' }), [`${name} is not read: did you mean ${meant}?`])
  const others = [
    'PATH',
    'HOME',
    'HOSTNAME',
    'PAGER',
    'LANG',
    'NODE_OPTIONS',
    'NODE_PATH',
    'POSTGRES_PASSWORD',
    'GRAFANA_USER',
    'LOAD_RATE',
    'LOAD_URL',
    'APP_PORT',
    'BIND_ADDRESS',
    'SERVICE_URL',
    'npm_config_port',
    'KUBERNETES_PORT',
    'KUBERNETES_SERVICE_HOST',
    'DATABASE_NAME',
    'TZ'
  ]
  t.strictSame(
    environmentWarnings(Object.fromEntries([
      ...others,
      ...Object.keys(variables.properties).filter(name => name !== 'NODE_ENV')
    ].map(name => [name, 'x']))),
    []
  )
  t.match(environmentWarnings({ NODE_ENV: 'prod' }), [/^NODE_ENV is "prod": did you mean production\?/])
  for (const mode of [
    'production',
    'development',
    'test',
    'staging',
    ''
  ]) t.strictSame(environmentWarnings({ NODE_ENV: mode }), [], mode)
})

t.test('the names of metrics are a list without repeats', async t => {
  t.same(namingsOf(loadConfig({})), ['fastify'])
  t.same(namingsOf(loadConfig({ METRICS_NAMES: 'django, otel,django' })), ['django', 'otel'])
  t.throws(() => loadConfig({ METRICS_NAMES: 'rails' }), {
    message: /METRICS_NAMES must be a comma-separated list of fastify, django, otel, not "rails"/
  })
})

t.test('a secret is not shown, even when wrong', async t => {
  const error = await Promise.resolve()
    .then(() => loadConfig({ DATABASE_URL: 'mysql://root:hunter2@host/db' }))
    .catch(error => error)
  t.match(
    error.message,
    /^DATABASE_URL must start with postgres:\/\/ or postgresql:\/\/ \(its value is not shown here\)/
  )
  t.notMatch(error.message, /hunter2/)
})

t.test('production refuses the embedded database', async t => {
  t.throws(() => loadConfig({ NODE_ENV: 'production' }), {
    message: /DATABASE_URL is not set, and with NODE_ENV=production/
  })
  t.equal(loadConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://host/db' }).DATABASE_URL, 'postgres://host/db')
})

t.test('a token that no header can carry is refused, and not shown', async t => {
  for (const name of ['JOURNAL_TOKEN', 'MANAGEMENT_TOKEN'] as const) {
    for (const token of ['hunter2\n', ' hunter2', 'hunter2 ', 'hünter2', 'hunter2\u0000', 'hun\tter2']) {
      t.throws(
        () => loadConfig({ [name]: token }),
        { message: new RegExp(`^${name} must have only letters(?![^]*h.nter2)`) },
        JSON.stringify(token)
      )
    }
    t.equal(loadConfig({ [name]: 'a secret ~!' })[name], 'a secret ~!')
  }
})

t.test('metrics are never served nowhere', async t => {
  t.throws(
    () => loadConfig({ MANAGEMENT_APART: 'true', MANAGEMENT_PORT: '0' }),
    { message: /MANAGEMENT_APART is true, but MANAGEMENT_PORT is 0/ }
  )
  t.match(loadConfig({ MANAGEMENT_APART: 'true' }), { MANAGEMENT_APART: true, MANAGEMENT_PORT: 9464 })
})

t.test('what a variable may be, the plugins take, which would tell of their options otherwise', async t => {
  const properties = Object.entries(variables.properties as Record<string, VariableSchema>)
  for (const limit of ['minimum', 'maximum'] as const) {
    const most = Object.fromEntries(properties.flatMap(([name, { [limit]: value }]) => value === undefined
      ? []
      : [[name, value]]))
    const app = await buildApp({ ...loadConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }), ...most })
    t.teardown(async () => { await app.close() })
    await t.resolves(async () => await app.ready(), limit)
  }
})

t.test('a file .env is read as Node.js reads it, on each of its versions', async t => {
  const text = [
    '\uFEFF# a comment = none', 'A=1', ' B = two words # and a comment', '', ' \t', '\t# "', 'export C=3', 'D=',
    'E="several', 'LINES', '', '# of = it" # and no more', "F='a \"quote'", 'G=`"it\'s"`', 'H=a "quote',
    'I=   ', 'J=#', 'K="open'
  ]
  const settings = {
    A: '1', B: 'two words', C: '3', D: '', F: 'a "quote', G: '"it\'s"', H: 'a "quote', I: '', J: '', K: '"open'
  }
  t.strictSame(parseEnvFile(text.join('\n'), '.env'), { ...settings, E: 'several\nLINES\n\n# of = it' })
  t.match(parseEnvFile(text.join('\r\n'), '.env'), settings, 'and with the ends of lines of Windows')
  t.strictSame(parseEnvFile('', '.env'), {})
})

t.test('a line of a file .env that is no setting is told by its number, never its text', async t => {
  for (const [text, where] of [
    ['s3cret', '1'],
    ['A=1\ns3cret LINE\nB=2', '2'],
    ['A=1\r\n\r\ns3cret: 3\r\nB=2\r\n', '3'],
    ['A="two\nlines"\nexport s3cret\n', '3'],
    ['=s3cret\nA=1', '1'],
    ['s3cret words=1', '1'],
    ['A="s3cret\nis open\nB=2\nnot', '2, nor in 1 more'],
    ['-----BEGIN\ns3cret\nAB==\n-----END', '1, nor in 2 more']
  ] as const) {
    t.throws(
      () => parseEnvFile(text, 'The file /srv/.env'),
      { message: `The file /srv/.env has no setting in line ${where}: write NAME=value, or # before a comment` },
      text
    )
  }
})
