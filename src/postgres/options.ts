import type postgres from 'postgres'
import { Type, type Static } from '../schema.js'
import type { UnsupportedOptions } from '../plugin/options.js'
import { fn, milliseconds, seconds } from '../plugin/schema.js'
import { driverSchema, type DriverOptions } from './driver-options.js'
import { checkVersions, type Migration } from './migrate.js'
import type { PoolWarning } from './pool/pool-options.js'
import { tlsConflict } from './tls-conflict.js'
import { readDatabaseUrl } from './url.js'

/** The options of the plugin `postgres`. */
export const postgresOptions = Type.Object({
  /** A `postgres://` URL. */
  url: Type.String({
    pattern: '^postgres(ql)?://.',
    allowed: 'a URL such as postgres://user:password@host:5432/database',
    secret: true,
    description: 'URL of the database, `postgres://user:password@host:5432/database`'
  }),
  /** Of a further database, which is `app.sql[name]`, and whose numbers are labelled so. */
  name: Type.Optional(Type.String({
    minLength: 1,
    description: 'Name of a further database, which is `app.sql[name]`; its numbers have it for the label `pool`'
  })),
  /** Name of this client in `pg_stat_activity`. @default 'fastify-vitals' */
  applicationName: Type.Optional(Type.String({
    minLength: 1,
    default: 'fastify-vitals',
    description: 'Name in `pg_stat_activity`'
  })),
  /** Most connections in the pool. @default 10 */
  poolSize: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 10,
    description: 'Most connections in the pool'
  })),
  /** Seconds to open a connection before giving up; 0 is no limit. @default 5 */
  connectTimeoutSeconds: seconds(5, 'Longest time to open a connection; 0 is no limit'),
  /** Milliseconds that a query, a transaction or `reserve` may wait for a connection; 0 is no limit. @default 0 */
  acquireTimeoutMs: milliseconds(
    0,
    'Longest time that a query, a transaction or `reserve` waits for a connection; 0 is no limit'
  ),
  /**
   * Milliseconds that a query may be executed, or a stream be without progress; 0 is no limit. The server is given it
   * as its `statement_timeout` if it takes that; the pool gives up a connection on which it does not keep to it.
   * @default 0
   */
  queryTimeoutMs: milliseconds(
    0,
    'Longest time that a query is executed, or a stream is without progress; ' +
    'then the server cancels it, and failing that its connection is given up; 0 is no limit'
  ),
  /** Seconds after which an idle connection is closed; 0 keeps it. @default 0 */
  idleTimeoutSeconds: seconds(0, 'Time after which an idle connection is closed; 0 keeps it'),
  /** Seconds after which a connection is replaced, once nobody has it; 0 keeps it. @default 1800 */
  maxLifetimeSeconds: seconds(1800, 'Age at which a connection is replaced, once nobody has it; 0 keeps it'),
  /**
   * Milliseconds after which a warning is logged of a transaction or reserved connection that is still held; 0 is
   * never.
   * @default 0
   */
  leakDetectionMs: milliseconds(
    0,
    'Time after which a transaction or reserved connection that is still held is told of in the log; ' +
    '0 is never'
  ),
  /** Seconds that queries under way are given when the app closes. @default 5 */
  closeTimeoutSeconds: seconds(5, 'Time that queries under way are given when the app closes'),
  /**
   * `verify-full` checks the server's certificate, `require` only encrypts, `disable` does neither; else the URL's
   * `sslmode`, than which it must not ask for less.
   */
  tls: Type.Optional(Type.Enum(['disable', 'require', 'verify-full'], {
    description: "`verify-full` checks the server's certificate, `require` only encrypts, " +
      "`disable` does neither; else the URL's `sslmode`, than which it must not ask for less"
  })),
  /** Whether array types are asked for when first connecting, which reading and writing arrays needs. @default true */
  fetchTypes: Type.Optional(Type.Boolean({
    default: true,
    description: 'Whether array types are asked for when first connecting, which array columns need'
  })),
  /** Whether statements are prepared; some poolers cannot have it. @default true */
  prepare: Type.Optional(Type.Boolean({
    default: true,
    description: 'Whether statements are prepared; some poolers cannot have it'
  })),
  /** Further options of postgres.js, such as `types`, `transform` and `socket`. */
  driver: Type.Optional(Type.Unsafe<DriverOptions>(driverSchema)),
  /** Called with the server's notices, in place of the log. */
  onNotice: Type.Optional(fn<(notice: postgres.Notice) => void>({
    description: "Told the server's notices, in place of the log"
  })),
  /** Called with what somebody should see to, in place of the log. */
  onWarning: Type.Optional(fn<(warning: PoolWarning) => void>({
    description: 'Told of what somebody should see to, in place of the log'
  })),
  /** When given, the app is not ready while one of them has not been applied. */
  migrations: Type.Optional(Type.Unsafe<Migration[]>({
    type: 'array',
    items: {
      type: 'object',
      required: ['version', 'name', 'sql'],
      properties: { version: { type: 'integer', minimum: 1 }, name: { type: 'string' }, sql: { type: 'string' } }
    },
    description: '`[{ version, name, sql }]`; the app is not ready while one of them has not been applied'
  })),
  /** When given, the app is not ready while it may not read and write one of them, or one is not there. */
  tables: Type.Optional(Type.Array(Type.String({ minLength: 1 }), {
    description: 'The app is not ready while it may not read and write one of them, or one is not there'
  }))
}, { additionalProperties: false })

export type PostgresOptions = Static<typeof postgresOptions>

const renamed = {
  max: 'poolSize',
  connect_timeout: 'connectTimeoutSeconds',
  idle_timeout: 'idleTimeoutSeconds',
  timeout: 'idleTimeoutSeconds',
  max_lifetime: 'maxLifetimeSeconds',
  fetch_types: 'fetchTypes',
  prepare: 'prepare',
  no_prepare: 'prepare',
  onnotice: 'onNotice'
}
const ofUrl = ['host', 'hostname', 'port', 'path', 'database', 'db', 'user', 'username']
const ofPool = {
  backoff: 'the pool has pauses of its own between two attempts to connect',
  max_pipeline: 'a connection of the pool has one query at a time'
}

/** Options of postgres.js itself that are elsewhere here, or of no use. */
export const driverOptions: UnsupportedOptions = Object.fromEntries([
  ...Object.entries(renamed).flatMap(([name, option]) => [
    [name, `it is called ${option}`],
    [`driver.${name}`, `it is the plugin's own option ${option}`]
  ]),
  ...ofUrl.flatMap(name => [name, `driver.${name}`].map(each => [each, 'it is a part of the URL, the option url'])),
  ...Object.entries(ofPool).flatMap(([name, why]) => [name, `driver.${name}`].map(each => [each, why])),
  ['ssl', 'it is called tls; certificates and keys are given in driver: { ssl: { ca, cert, key } }'],
  ...Object.keys(driverSchema.properties)
    .filter(name => name !== 'ssl')
    .map(name => [name, 'options of postgres.js are given in driver'])
])

/**
 * Throws a TypeError with a sentence for each two options of the plugin that say the same or contradict each other, or
 * each two migrations of one version.
 */
export function checkDriver ({ url, tls, driver = {}, migrations = [] }: PostgresOptions): void {
  const given = (['password', 'pass'] as const).find(name => driver[name] !== undefined)
  const problems = [
    ...tls !== undefined && driver.ssl !== undefined ? ['tls and driver.ssl: give one of them'] : [],
    ...tlsProblems({ url, tls, driver }),
    ...given !== undefined && hasPassword(url) ? [`a password in the URL and driver.${given}: give one of them`] : [],
    ...driver.connection?.application_name === undefined
      ? []
      : ['driver.connection.application_name: it is called applicationName']
  ]
  if (problems.length > 0) throw new TypeError(problems.map(each => `postgres has ${each}`).join('\n'))
  checkVersions(migrations)
}

function tlsProblems (options: Parameters<typeof tlsConflict>[0]): string[] {
  const conflict = tlsConflict(options)
  if (conflict === undefined) return []
  const { counts, asked, effect } = conflict
  const [one, other] = [counts, asked].map(wish => wish?.of === 'the URL'
    ? `${wish.text} in the URL`
    : `${wish?.of} ${wish?.text}`)
  return [
    counts === undefined
      ? `${other}, but nothing that asks for TLS: set tls to verify-full or require, or leave it out`
      : `${one} and ${other}, by which ${effect}: leave out the one that is wrong`
  ]
}

function hasPassword (url: string): boolean {
  try {
    const { password, searchParams } = readDatabaseUrl(url).url
    return password !== '' || searchParams.has('password')
  } catch {
    // The client says what is wrong with it.
    return false
  }
}
