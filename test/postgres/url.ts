import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { databaseUrl, readDatabaseUrl } from '../../src/postgres/url.js'
import { adviceOn } from '../../src/postgres/url-parameters.js'

t.test('a URL is read with all of its hosts, or localhost', async t => {
  for (const [text, hosts, href] of [
    ['postgres://me:secret@db:5433/shop?a=1', 'db:5433', 'postgres://me:secret@db:5433/shop?a=1'],
    ['postgres://me@one:1,two:2,three/shop', 'one:1,two:2,three', 'postgres://me@one:1/shop'],
    ['postgres://one,two', 'one,two', 'postgres://one'],
    ['postgres:///shop', 'localhost', 'postgres://localhost/shop'],
    ['postgres://me@/shop', 'localhost', 'postgres://me@localhost/shop'],
    ['postgres://me@?host=/run', 'localhost', 'postgres://me@localhost?host=/run'],
    ['postgres://[::1]:5433/shop', '[::1]:5433', 'postgres://[::1]:5433/shop'],
    ['postgres://db?note=a@b,c/d\ne', 'db', 'postgres://db?note=a@b,c/de']
  ] as const) {
    const read = readDatabaseUrl(text)
    t.strictSame([read.hosts, read.url.href], [hosts, href], text)
  }
  for (const text of ['', 'shop', '://db', 'postgres://one:port,two']) {
    t.throws(() => readDatabaseUrl(text), TypeError, JSON.stringify(text))
  }
})

t.test('parameters that libpq has and the driver has not are options, and the others stay in the URL', async t => {
  const options = { max: 1, port: 5 }
  for (const [text, url, found] of [
    ['postgres://me@db/shop', 'postgres://me@db/shop', {}],
    ['postgres://me@db/shop?sslmode=require', 'postgres://me@db/shop?sslmode=require', {}],
    ['postgres://me@one,two/shop?a=1', 'postgres://me@one,two/shop?a=1', {}],
    ['postgres://me@/shop', 'postgres://me@localhost/shop', {}],
    ['postgres://me:secret@', 'postgres://me:secret@localhost', {}],
    ['postgres:///shop?host=/run/postgresql', 'postgres:///shop', { host: '/run/postgresql' }],
    ['postgres://me@?host=/run&port=7', 'postgres://me@localhost', { host: '/run', port: '7' }],
    [
      'postgres://db/shop?user=me&a=1&password=se%26cret&b=%2F',
      'postgres://db/shop?a=1&b=%2F',
      { user: 'me', password: 'se&cret' }
    ],
    ['postgres://db/shop?user=me&user=you', 'postgres://db/shop', { user: 'you' }]
  ] as const) t.strictSame(databaseUrl(text, options), [url, { ...options, ...found }], text)
  t.strictSame(options, { max: 1, port: 5 })
})

t.test('a # that belongs to a password is refused, since what precedes it would be taken for the host', async t => {
  t.throws(() => databaseUrl('postgres://me:se#cret@db/shop', {}), TypeError)
  t.throws(() => databaseUrl('postgres://me@db/shop#part', {}), new TypeError('URL with a fragment'))
  t.strictSame(databaseUrl('postgres://me:se%23cret@db/shop', {}), ['postgres://me:se%23cret@db/shop', {}])
})

t.test('a parameter that is no setting of PostgreSQL is refused with what there is instead', async t => {
  for (const [parameters, sentence] of [
    ['sslmode=bogus', 'sslmode is "bogus", but must be one of disable, allow, prefer, require, verify-ca, verify-full'],
    ['sslmode=', 'sslmode is "", but must be one of'],
    ['ssl=yes', 'ssl is "yes", but must be one of true, false, disable'],
    ['target_session_attrs=any-one', 'target_session_attrs is "any-one", but must be one of read-write'],
    ['schema=sh%20op', 'PostgreSQL does not know schema: write search_path=sh%20op'],
    ['pgbouncer=true', 'PostgreSQL does not know pgbouncer: leave it out; .* DATABASE_PREPARE'],
    ['connection_limit=5', 'PostgreSQL does not know connection_limit: .* poolSize .* DATABASE_POOL_SIZE'],
    ['pool_timeout=5', 'DATABASE_ACQUIRE_TIMEOUT_MS'],
    ['sslaccept=strict', 'write sslmode=verify-full'],
    ['sslaccept=accept_invalid_certs', 'write sslmode=require'],
    ['sslrootcert=%2Fca.pem', 'PostgreSQL does not know sslrootcert: .*NODE_EXTRA_CA_CERTS'],
    ['max=50', 'poolSize'],
    ['connect_timeout=9&channel_binding=require', 'DATABASE_CONNECT_TIMEOUT_SECONDS of the service; .*channel_binding']
  ] as const) {
    const url = `postgres://me:hunter2@db/shop?password=hunter2&${parameters}`
    for (const read of [() => { databaseUrl(url, {}) }, () => { createClient({ url }) }]) {
      const told = await Promise.resolve().then(read).catch(String)
      t.match(told, new RegExp(`^TypeError: The database URL cannot be used: .*${sentence}`), parameters)
      t.notMatch(told, /hunter2/, parameters)
    }
  }
  const settings = 'search_path=shop&options=-c%20geqo%3Doff&sslnegotiation=direct&sslmode=verify-ca'
  t.strictSame(databaseUrl(`postgres://db?${settings}`, {}), [`postgres://db?${settings}`, {}])
})

t.test('each parameter of another program has what there is instead, and a long value is cut', async t => {
  const told = (parameters: string) => {
    try {
      return databaseUrl(`postgres://db?${parameters}`, {})
    } catch (error) {
      return String(error).replace(/^TypeError: The database URL cannot be used: /, '')
    }
  }
  const certificates = 'authorities are added by NODE_EXTRA_CA_CERTS, ' +
    'certificates and keys are given to the plugin postgres as driver: { ssl: { ca, cert, key } }'
  const pool = (option: string, variable: string) =>
    `it is the option ${option} of the plugin postgres, or ${variable} of the service`
  const instead: Record<string, string> = {
    schema: 'write search_path=a%2Fb for the schema in which tables are looked for',
    connection_limit: pool('poolSize', 'DATABASE_POOL_SIZE'),
    pool_timeout: pool('acquireTimeoutMs', 'DATABASE_ACQUIRE_TIMEOUT_MS'),
    socket_timeout: pool('queryTimeoutMs', 'DATABASE_QUERY_TIMEOUT_MS'),
    pgbouncer: `leave it out; for a pooler that cannot have prepared statements ${pool('prepare', 'DATABASE_PREPARE')}`,
    statement_cache_size: pool('prepare', 'DATABASE_PREPARE'),
    sslaccept: 'write sslmode=require',
    max: pool('poolSize', 'DATABASE_POOL_SIZE'),
    idle_timeout: pool('idleTimeoutSeconds', 'DATABASE_IDLE_TIMEOUT_SECONDS'),
    max_lifetime: pool('maxLifetimeSeconds', 'DATABASE_MAX_LIFETIME_SECONDS'),
    prepare: pool('prepare', 'DATABASE_PREPARE'),
    fetch_types: 'it is the option fetchTypes of the plugin postgres',
    max_pipeline: 'leave it out, for a connection has one query at a time',
    backoff: 'leave it out, for the pool has pauses of its own',
    connect_timeout: pool('connectTimeoutSeconds', 'DATABASE_CONNECT_TIMEOUT_SECONDS'),
    dbname: 'write the database as the path, /a%2Fb',
    hostaddr: 'write the address in place of the host',
    channel_binding:
      'leave it out, for postgres.js has none; sslmode=verify-full is what keeps others from listening',
    gssencmode: 'leave it out, for postgres.js has no GSSAPI',
    passfile: 'write the password into the URL, or set PGPASSWORD or PGPASSWORD_FILE',
    ...Object.fromEntries(
      ['sslidentity', 'sslcert', 'sslkey', 'sslpassword', 'sslcrl', 'sslcertmode', 'sslrootcert']
        .map(name => [name, certificates])
    )
  }
  for (const [name, what] of Object.entries(instead)) {
    t.equal(told(`${name}=a%2Fb`), `PostgreSQL does not know ${name}: ${what}`)
  }
  t.equal(
    told('max=1&sslmode=on&backoff=x'),
    [
      `PostgreSQL does not know max: ${instead['max']}`,
      'sslmode is "on", but must be one of disable, allow, prefer, require, verify-ca, verify-full',
      `PostgreSQL does not know backoff: ${instead['backoff']}`
    ].join('; ')
  )
  const long = 'x'.repeat(41)
  t.match(told(`ssl=${long}`), `ssl is "${long.slice(1)}…", but must be one of true, false, disable, allow, prefer, `)
  t.match(told(`ssl=${long.slice(1)}`), `ssl is "${long.slice(1)}", but must be one of true`)

  const known: Record<string, readonly string[]> = {
    sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    ssl: ['true', 'false', 'disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
    sslnegotiation: ['postgres', 'direct'],
    target_session_attrs: ['read-write', 'read-only', 'primary', 'standby', 'prefer-standby']
  }
  for (const [name, values] of Object.entries(known)) {
    for (const value of values) t.type(told(`${name}=${value}`), Array, `${name}=${value}`)
    t.equal(told(`${name}=x`), `${name} is "x", but must be one of ${values.join(', ')}`)
  }
})

t.test('sslrootcert=system is not sent to the server, which has no such setting', async t => {
  const url = 'postgres://db/shop?sslrootcert=system&a=1'
  t.strictSame(databaseUrl(url, {}), ['postgres://db/shop?a=1', { ssl: 'verify-full' }])
  t.strictSame(databaseUrl(url, { ssl: false }), ['postgres://db/shop?a=1', { ssl: false }])
})

t.test('a parameter that the server refuses is taken for the one that was likely meant', async t => {
  for (const meant of [
    'sslmode', 'search_path', 'application_name', 'options', 'sslnegotiation', 'target_session_attrs'
  ]) t.equal(adviceOn(meant.slice(0, -1)), `did you mean ${meant}?`)
  for (const name of ['search_path', 'wat']) {
    t.equal(
      adviceOn(name),
      'take it out of the URL, whose parameters are settings of PostgreSQL, such as search_path'
    )
  }
})
