import Fastify from 'fastify'
import driver from 'postgres'
import t from 'tap'
import postgres from '../../plugins/postgres.js'
import { createClient } from '../../src/postgres/client/client.js'

const url = 'postgres://me@127.0.0.1:1/none'

/** What registering the plugin with options of the driver says; undefined when it takes them. */
async function refusal (driver: unknown, given = url): Promise<string | undefined> {
  const app = Fastify()
  try {
    await app.register(postgres, { url: given, driver: driver as object })
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  await app.close()
  return undefined
}

const fn = () => {}
const aFunction = 'a function'
const functions = (ways: string) => `a function, or an object with ${ways}, functions`
const transform = 'an object with undefined, column, value and row, or such as postgres.camel'
const session = "one of 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'"
const ssl = "true, false, one of 'require', 'allow', 'prefer', 'verify-full', or an object such as { ca, cert, key }"
const versions = "one of 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'"
const setting = 'a text, a number, or true or false'

const wrong: Array<[option: string, value: unknown, shown: string, allowed: string]> = [
  ['types', 5, '5', 'an object'],
  ['types.point', undefined, 'undefined', 'an object with to, from, serialize and parse'],
  ['types.point', 600, '600', 'an object with to, from, serialize and parse'],
  ['types.point.to', 'point', "'point'", 'a whole number'],
  ['types.point.from', 'point', "'point'", 'a list of whole numbers'],
  ['types.point.from[0]', 'point', "'point'", 'a whole number'],
  ['types.point.parse', 'Number', "'Number'", aFunction],
  ['types.point.serialize', 5, '5', aFunction],
  ['transform', 'x', "'x'", transform],
  ['transform', fn, 'a function', transform],
  ['transform.column', 'camel', "'camel'", functions('from and to')],
  ['transform.column.to', 'camel', "'camel'", aFunction],
  ['transform.value', true, 'true', functions('from')],
  ['transform.row.from', {}, '{}', aFunction],
  ['socket', 5, '5', aFunction],
  ['connection', 5, '5', 'an object of settings of PostgreSQL'],
  ['connection.search_path', null, 'null', setting],
  ['connection.work_mem', fn, 'a function', setting],
  ['ssl', 'verify-ful', "'verify-ful'", ssl],
  ['ssl', 'disable', "'disable'", ssl],
  ['ssl', 5, '5', ssl],
  ['ssl', null, 'null', ssl],
  ['ssl.rejectUnauthorized', 'no', "'no'", 'true or false'],
  ['ssl.minVersion', 'TLS1.2', "'TLS1.2'", versions],
  ['ssl.checkServerIdentity', false, 'false', aFunction],
  ['sslnegotiation', 'x', "'x'", "one of 'postgres', 'direct'"],
  ['target_session_attrs', 'nope', "'nope'", session],
  ['keep_alive', 'x', "'x'", 'a number of seconds, 0 or more, or null'],
  ['keep_alive', -1, '-1', 'a number of seconds, 0 or more, or null'],
  ['publications', 5, '5', 'a string that is not empty'],
  ['publications', '', "''", 'a string that is not empty'],
  ['debug', 5, '5', 'true or false, or a function'],
  ['onclose', 5, '5', aFunction],
  ['onnotify', 'x', "'x'", aFunction],
  ['onparameter', {}, '{}', aFunction]
]

/** `{ a: { b: [value] } }` of `a.b[0]`. */
function nested ([first = '', ...within]: string[], value: unknown): object {
  const name = first.replace('[0]', '')
  const inside = within.length === 0 ? value : nested(within, value)
  return { [name]: name === first ? inside : [inside] }
}

t.test('a value that an option of the driver cannot have is refused, by name, value and what is allowed', async t => {
  for (const [option, value, shown, allowed] of wrong) {
    const told = await refusal(nested(option.split('.'), value))
    const path = `The option driver.${option} of postgres`
    t.equal(told, value === undefined
      ? `TypeError: ${path} must be ${allowed}, and is missing`
      : `TypeError: ${path} is ${shown}, but must be ${allowed}`)
  }
  t.equal(
    await refusal({ connection: 5, onclose: 5 }),
    'TypeError: The option driver.connection of postgres is 5, but must be an object of settings of PostgreSQL\n' +
    'The option driver.onclose of postgres is 5, but must be a function',
    'all that are wrong are told'
  )
})

t.test('what may be a secret is not shown', async t => {
  const password = 'a text, or a function that returns one or a promise of one'
  const pem = 'a text, a Buffer, or a list of them'
  const secrets: Array<[driver: unknown, option: string, allowed: string]> = [
    [{ password: 5 }, 'password', password],
    [{ password: { of: 'hunter2' } }, 'password', password],
    [{ pass: ['hunter2'] }, 'pass', password],
    [{ ssl: { key: { of: 'hunter2' } } }, 'ssl.key', pem],
    [{ ssl: { key: [['hunter2']] } }, 'ssl.key[0]', 'a text or a Buffer'],
    [{ ssl: { ca: { key: 'hunter2' } } }, 'ssl.ca', pem],
    [{ ssl: { passphrase: ['hunter2'] } }, 'ssl.passphrase', 'a string'],
    [{ ssl: '-----BEGIN PRIVATE KEY-----\nhunter2' }, 'ssl', ssl],
    [{ ssl: Buffer.from('hunter2') }, 'ssl', ssl],
    [{ ssl: [{ key: 'hunter2' }] }, 'ssl', ssl],
    [{ connection: 'postgres://me:hunter2@db' }, 'connection', 'an object of settings of PostgreSQL'],
    [{ connection: { options: ['hunter2'] } }, 'connection.options', setting]
  ]
  for (const [driver, option, allowed] of secrets) {
    t.equal(await refusal(driver), `TypeError: The option driver.${option} of postgres must be ${allowed}`)
  }
  t.equal(
    await refusal('postgres://me:hunter2@db/none'),
    'TypeError: The option driver of postgres must be an object'
  )
})

t.test('a part that is misspelt is told, with what was meant', async t => {
  for (const [driver, message] of [
    [{ ssl: { rejectUnauthorised: false } }, 'ssl.rejectUnauthorised: did you mean rejectUnauthorized?'],
    [{ types: { point: { parser: fn } } }, 'types.point.parser: did you mean parse?'],
    [{ transform: { columns: fn } }, 'transform.columns: did you mean column?'],
    [{ transform: { value: { to: fn } } }, 'transform.value.to: there are from']
  ] as const) t.equal(await refusal(driver), `TypeError: postgres has no option driver.${message}`)
})

t.test('all that postgres.js takes is taken', async t => {
  const none = {
    types: undefined,
    connection: undefined,
    ssl: undefined,
    target_session_attrs: undefined,
    password: undefined,
    pass: undefined,
    onclose: undefined
  }
  const right: object[] = [
    none,
    { types: { bigint: driver.BigInt, date: { from: [1082], parse: String }, json: { to: 114, from: 114, extra: 1 } } },
    { transform: driver.camel },
    { transform: { ...driver.pascal, undefined: null } },
    { transform: driver.toKebab },
    { transform: driver.fromCamel },
    { transform: { column: driver.toCamel, value: { from: fn }, row: fn } },
    { socket: fn, onclose: fn, onnotify: fn, onparameter: fn, debug: fn },
    { connection: { search_path: 'shop', statement_timeout: 5, default_transaction_read_only: true } },
    { connection: { search_path: undefined, application_name: undefined } },
    ...[true, false, 'require', 'allow', 'prefer', 'verify-full', {}].map(ssl => ({ ssl })),
    { ssl: { ca: 'x', cert: Buffer.from('x'), key: [{ pem: 'x', passphrase: 'y' }], pfx: ['x', Buffer.from('x')] } },
    { ssl: { rejectUnauthorized: false, privateKeyIdentifier: 'x', pskCallback: fn, ofLaterNode: 1 } },
    { ssl: true, sslnegotiation: 'direct', target_session_attrs: 'prefer-standby', publications: 'a,b', debug: true },
    { keep_alive: null, pass: 'hunter2' },
    { keep_alive: 0.5, password: async () => 'hunter2' }
  ]
  for (const driver of right) t.equal(await refusal(driver), undefined, JSON.stringify(driver))
  t.equal(await refusal(none, 'postgres://me:hunter2@127.0.0.1:1/none'), undefined, 'an undefined password is none')
})

t.test('that the environment has no such kind of server is not blamed on the URL', async t => {
  process.env['PGTARGETSESSIONATTRS'] = 'any'
  t.teardown(() => { delete process.env['PGTARGETSESSIONATTRS'] })
  const message = 'The environment variable PGTARGETSESSIONATTRS cannot be used: ' +
    'target_session_attrs any is not supported'
  t.throws(() => { createClient({ url }) }, { message })
})
