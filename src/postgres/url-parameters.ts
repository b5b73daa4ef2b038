import { closest } from '../plugin/suggest.js'

// https://www.postgresql.org/docs/current/libpq-ssl.html; what `verify-ca` asks for is checked, and the name as well.
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/** What some parameters may be. */
const values: Readonly<Record<string, readonly string[]>> = {
  sslmode: sslModes,
  ssl: ['true', 'false', ...sslModes],
  sslnegotiation: ['postgres', 'direct'],
  target_session_attrs: ['read-write', 'read-only', 'primary', 'standby', 'prefer-standby']
}

const certificates = 'authorities are added by NODE_EXTRA_CA_CERTS, ' +
  'certificates and keys are given to the plugin postgres as driver: { ssl: { ca, cert, key } }'
const byPool = (option: string, variable: string) =>
  `it is the option ${option} of the plugin postgres, or ${variable} of the service`

/**
 * Parameters of other programs, of libpq's own, and of postgres.js that would have no effect: with what there is
 * instead. All others are sent to PostgreSQL, which takes its settings so, such as `search_path` and `options`.
 */
const elsewhere: Readonly<Record<string, string | ((value: string) => string)>> = {
  // Prisma: https://www.prisma.io/docs/orm/overview/databases/postgresql
  schema: value => `write search_path=${encodeURIComponent(value)} for the schema in which tables are looked for`,
  connection_limit: byPool('poolSize', 'DATABASE_POOL_SIZE'),
  pool_timeout: byPool('acquireTimeoutMs', 'DATABASE_ACQUIRE_TIMEOUT_MS'),
  socket_timeout: byPool('queryTimeoutMs', 'DATABASE_QUERY_TIMEOUT_MS'),
  pgbouncer: 'leave it out; for a pooler that cannot have prepared statements ' + byPool('prepare', 'DATABASE_PREPARE'),
  statement_cache_size: byPool('prepare', 'DATABASE_PREPARE'),
  sslaccept: value => `write sslmode=${value === 'strict' ? 'verify-full' : 'require'}`,
  sslidentity: certificates,
  // postgres.js
  max: byPool('poolSize', 'DATABASE_POOL_SIZE'),
  idle_timeout: byPool('idleTimeoutSeconds', 'DATABASE_IDLE_TIMEOUT_SECONDS'),
  max_lifetime: byPool('maxLifetimeSeconds', 'DATABASE_MAX_LIFETIME_SECONDS'),
  prepare: byPool('prepare', 'DATABASE_PREPARE'),
  fetch_types: 'it is the option fetchTypes of the plugin postgres',
  max_pipeline: 'leave it out, for a connection has one query at a time',
  backoff: 'leave it out, for the pool has pauses of its own',
  // libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
  connect_timeout: byPool('connectTimeoutSeconds', 'DATABASE_CONNECT_TIMEOUT_SECONDS'),
  dbname: value => `write the database as the path, /${encodeURIComponent(value)}`,
  hostaddr: 'write the address in place of the host',
  channel_binding: 'leave it out, for postgres.js has none; sslmode=verify-full is what keeps others from listening',
  sslcert: certificates,
  sslkey: certificates,
  sslpassword: certificates,
  sslcrl: certificates,
  sslcertmode: certificates,
  gssencmode: 'leave it out, for postgres.js has no GSSAPI',
  passfile: 'write the password into the URL, or set PGPASSWORD or PGPASSWORD_FILE'
}

/** Whether PostgreSQL is not to be sent a parameter, and why. */
function problemOf (name: string, value: string): string | undefined {
  const allowed = values[name]
  if (allowed !== undefined) {
    return allowed.includes(value) ? undefined : `${name} is ${shown(value)}, but must be one of ${allowed.join(', ')}`
  }
  // `system` are the authorities that Node.js has.
  const instead = name === 'sslrootcert' && value !== 'system' ? certificates : elsewhere[name]
  if (instead === undefined) return undefined
  return `PostgreSQL does not know ${name}: ${typeof instead === 'string' ? instead : instead(value)}`
}

/** A database URL has parameters that cannot be what was meant; the message has their values, and no other part. */
export class WrongParameters extends TypeError {}

/** Throws WrongParameters with a sentence for each parameter of a database URL that cannot be what was meant. */
export function checkParameters (parameters: URLSearchParams): void {
  const problems = [...parameters].flatMap(([name, value]) => problemOf(name, value) ?? [])
  if (problems.length > 0) throw new WrongParameters(`The database URL cannot be used: ${problems.join('; ')}`)
}

/** What to do about a parameter that the server does not know: another that was likely meant, or what such are. */
export function adviceOn (name: string): string {
  const meant = closest(name, ['sslmode', 'search_path', 'application_name', 'options', ...Object.keys(values)])
  return meant === undefined || meant === name
    ? 'take it out of the URL, whose parameters are settings of PostgreSQL, such as search_path'
    : `did you mean ${meant}?`
}

function shown (value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
}
