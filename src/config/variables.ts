import { namingNames } from '../metrics/naming/index.js'
import { longestMs } from '../plugin/schema.js'
import { Type, type Static } from '../schema.js'
import { areProxies } from './proxies.js'

const longestSeconds = Math.floor(longestMs / 1000)
/** Characters: the longest string that V8 can hold, which a body has to become. */
const longestText = 2 ** 29 - 24
const mostBytes = Number.MAX_SAFE_INTEGER

interface Limits { minimum?: number, maximum?: number }

const inUnit = (unit: string, description: string) =>
  description.includes(`in ${unit}`) ? description : `${description}, in ${unit}`
const milliseconds = (value: number, description: string, limits: Limits = {}) => Type.Integer({
  minimum: 0,
  maximum: longestMs,
  default: value,
  description: inUnit('milliseconds', description),
  ...limits
})
const seconds = (value: number, description: string) => Type.Number({
  minimum: 0,
  maximum: longestSeconds,
  default: value,
  description: inUnit('seconds', description)
})
const bytes = (value: number, description: string, limits: Limits = {}) =>
  Type.Integer({ minimum: 0, maximum: mostBytes, default: value, description, ...limits })
const oneOf = <T extends string[]>(values: [...T], value: T[number], description: string) => Type.Enum(values, {
  default: value,
  description
})

const naming = `(${namingNames.join('|')})`
const namingList = `^${naming}( *, *${naming})*$`
// A header cannot carry line breaks, nor spaces at either end, and a token that has one looks right all the same.
const token = '^([!-~]([ -~]*[!-~])?)?$'
const mustBeToken = 'have only letters, digits and signs of ASCII, with no space or line break at either end, ' +
  "for no other can be sent as a bearer token: a file's last line break counts, too"

/** Every environment variable that the service reads, with its default, its limits and what it is for. */
export const variables = Type.Object({
  NODE_ENV: Type.String({ default: 'development', description: '`production` refuses the embedded database' }),
  HOST: Type.String({ default: '0.0.0.0', description: 'Address to listen on' }),
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 8000,
    description: 'Port to listen on; 0 takes a free one'
  }),
  LOG_LEVEL: oneOf(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'Least severe log lines that are written'
  ),
  TRUST_PROXY: Type.String({
    accepts: areProxies,
    must: 'be a comma-separated list of addresses and networks such as 10.0.0.1, 10.1.0.0/16 or fd00::/8, ' +
      'of at most 32 bits, or 128 for IPv6',
    default: '',
    description: 'Proxies whose `X-Forwarded-` headers are believed, ' +
      'a comma-separated list of addresses and networks; none when empty'
  }),

  MANAGEMENT_PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 9464,
    description: 'Port at which `/metrics` and the probes answer also while the event loop is blocked; ' +
      'when it is taken and neither it nor `MANAGEMENT_APART` is set, the service goes on without it; 0 is none'
  }),
  MANAGEMENT_HOST: Type.String({ default: '0.0.0.0', description: 'Address to listen on with that port' }),
  MANAGEMENT_TOKEN: Type.String({
    default: '',
    pattern: token,
    must: mustBeToken,
    secret: true,
    description: 'Token that `/metrics`, `/docs` and `/debug/profile` ask for, ' +
      'as a bearer token or as the password of any user; none when empty, and then no profiles'
  }),
  MANAGEMENT_APART: Type.Boolean({ default: false, description: 'Serve `/metrics` on that port only' }),
  DOCS: Type.Boolean({ default: true, description: 'Serve `/docs`' }),

  BODY_LIMIT_BYTES: bytes(
    1_048_576,
    'Largest request body, in bytes; larger ones get 413',
    { minimum: 1, maximum: longestText }
  ),
  HEADER_LIMIT_BYTES: bytes(
    16_384,
    'Largest URL and headers of a request together, in bytes; larger ones get 431',
    { minimum: 1024, maximum: 2 ** 24 }
  ),
  PATH_PARAMETER_LIMIT: Type.Integer({
    minimum: 20,
    maximum: 65_536,
    default: 100,
    description: 'Longest part of a path that stands for a parameter, in characters; longer ones get 414'
  }),
  HEADERS_TIMEOUT_MS: milliseconds(
    10_000,
    'Time for the headers of a request to arrive, in milliseconds; then it gets 408, at most half as long again ' +
    'later; unless set, at most `REQUEST_TIMEOUT_MS`',
    { minimum: 1 }
  ),
  REQUEST_TIMEOUT_MS: milliseconds(
    30_000,
    'Time for a whole request to arrive, in milliseconds; then it gets 408',
    { minimum: 1 }
  ),
  CONNECTION_TIMEOUT_MS: milliseconds(
    60_000,
    'Time without a byte in either direction after which a connection is closed, in milliseconds',
    { minimum: 1 }
  ),
  KEEP_ALIVE_TIMEOUT_MS: milliseconds(
    72_000,
    'Time that a connection is kept between two requests, in milliseconds; longer than load balancers keep theirs',
    { minimum: 1 }
  ),

  DATABASE_URL: Type.String({
    pattern: '^(postgres(ql)?://.+)?$',
    must: 'start with postgres:// or postgresql://',
    secret: true,
    default: '',
    description: 'A PostgreSQL server, as `postgres://user:password@host:5432/database`; the embedded one when empty'
  }),
  DATA_DIR: Type.String({ minLength: 1, default: '.data', description: 'Directory of the embedded database' }),
  DATABASE_POOL_SIZE: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 10,
    description: 'Most connections in the pool'
  }),
  DATABASE_CONNECT_TIMEOUT_SECONDS: seconds(5, 'Longest time to open a connection'),
  DATABASE_ACQUIRE_TIMEOUT_MS: milliseconds(
    2000,
    'Longest time that a query waits for a connection, or behind others; then its request gets 503; 0 is no limit'
  ),
  DATABASE_QUERY_TIMEOUT_MS: milliseconds(
    5000,
    'Longest time that a query executes; then the server cancels it, and its request gets 503; 0 is no limit'
  ),
  DATABASE_IDLE_TIMEOUT_SECONDS: seconds(0, 'Time after which an idle connection is closed; 0 keeps it'),
  DATABASE_MAX_LIFETIME_SECONDS: seconds(
    1800,
    'Age at which a connection is replaced once nobody has it, ' +
    'so that none outlives a change of the network; 0 keeps it'
  ),
  DATABASE_PREPARE: Type.Boolean({
    default: true,
    description: 'Prepare statements; `false` for poolers that cannot have it'
  }),
  DATABASE_LEAK_DETECTION_MS: milliseconds(
    0,
    'Time after which a transaction or reserved connection that is still held is told of in the log; 0 is never'
  ),
  DATABASE_CLOSE_TIMEOUT_SECONDS: seconds(
    5,
    'Time that queries under way get when the service stops, in seconds; ' +
    'unless set, at most half of what the requests leave of `SHUTDOWN_TIMEOUT_MS`'
  ),
  DATABASE_TLS: oneOf(
    ['url', 'disable', 'require', 'verify-full'],
    'url',
    "`verify-full` checks the server's certificate (`NODE_EXTRA_CA_CERTS` adds authorities), " +
    "`require` only encrypts, `disable` does neither, `url` leaves it to the URL's `sslmode`, " +
    'than which none of the others may ask for less'
  ),
  MIGRATE_ON_START: Type.Boolean({
    default: true,
    description: 'Apply migrations at the start; the service listens meanwhile and is not ready. ' +
      'If `false`, it is not ready until something else has'
  }),
  MIGRATE_WAIT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 300,
    description: 'Longest time that the start waits for another instance that applies migrations, ' +
      'and for those that use the tables'
  }),

  HEALTH_TIMEOUT_MS: milliseconds(
    1000,
    'Time after which a health check counts as failed, in milliseconds',
    { minimum: 1 }
  ),
  HEALTH_KEEP_MS: milliseconds(500, 'Time for which a health check\'s outcome is served again'),

  PRESSURE_MAX_EVENT_LOOP_DELAY_MS: milliseconds(
    1000,
    'Event loop delay, the longest within an interval, above which requests are shed; 0 is no limit'
  ),
  PRESSURE_MAX_EVENT_LOOP_UTILIZATION: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'Share of busy time above which requests are shed; ' +
      '0 is no limit, for a busy loop that answers is at work, not sick'
  }),
  PRESSURE_MAX_HEAP_USED_BYTES: bytes(
    0,
    'Heap above which requests are shed, in bytes; 0 is 85 % of what Node.js allows (`--max-old-space-size`)'
  ),
  PRESSURE_MAX_RSS_BYTES: bytes(0, 'Resident memory above which requests are shed, in bytes; 0 is no limit'),
  PRESSURE_SAMPLE_INTERVAL_MS: milliseconds(1000, 'Time between two measurements, in milliseconds', { minimum: 10 }),
  PRESSURE_RETRY_AFTER_SECONDS: Type.Integer({
    minimum: 1,
    maximum: longestSeconds,
    default: 10,
    description: '`Retry-After` of requests that were shed, in seconds'
  }),

  STALL_MS: milliseconds(
    1000,
    'Time for which the event loop has to be blocked to be looked into: what it was at is logged, in milliseconds; ' +
    'unless set, at most `LIVENESS_BLOCKED_MS`',
    { minimum: 50 }
  ),
  LIVENESS_BLOCKED_MS: milliseconds(
    10_000,
    'Time for which it has to be blocked for `/health/live` of the management port to answer 503, ' +
    'in milliseconds; longer than a garbage collection takes',
    { minimum: 100 }
  ),

  METRICS_NAMES: Type.String({
    pattern: namingList,
    must: `be a comma-separated list of ${namingNames.join(', ')}`,
    default: 'fastify',
    description: 'Names that metrics are served under, a comma-separated list of `fastify`, `django` and `otel`'
  }),
  METRICS_MAX_SERIES: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    default: 10_000,
    description: 'Most series held; what is past it goes to series labelled `__overflow__`'
  }),
  METRICS_BODY_SIZES: Type.Boolean({ default: true, description: 'Record the sizes of request and response bodies' }),
  N_PLUS_ONE: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 20,
    description: 'How often one request may ask one query before it is counted and told of in the log; ' +
      '0 is as often as it likes'
  }),
  SERVER_TIMING: Type.Boolean({
    default: false,
    description: "Answer with `Server-Timing`: queries, database time and waiting, for browsers' tools; " +
      'where `MANAGEMENT_TOKEN` is set, only requests that have it'
  }),

  PAGE: Type.Boolean({
    default: true,
    description: 'Serve the page at `/`, `/journal` and `/runbook`, ' +
      'which shows how the service is doing and the journal'
  }),

  JOURNAL_TOKEN: Type.String({
    default: '',
    pattern: token,
    must: mustBeToken,
    secret: true,
    description: 'Bearer token that `POST /api/alerts` asks for; none when empty'
  }),
  JOURNAL_BODY_LIMIT_BYTES: bytes(
    16_777_216,
    'Largest webhook that `POST /api/alerts` takes, in bytes; Alertmanager never sends again what got 413',
    { minimum: 1, maximum: longestText }
  ),
  JOURNAL_RETENTION_DAYS: Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 400,
    description: 'Days for which alerts are kept that are over; 0 keeps all'
  }),
  JOURNAL_STALE_AFTER_SECONDS: seconds(
    300,
    'Time without a word of an alert after which it counts as over, though not as resolved (`stale`); ' +
    'longer than twice the `repeat_interval` of the route to the journal; 0 is never'
  ),

  SHUTDOWN_DRAIN_MS: milliseconds(0, 'Time between turning not ready and closing, for load balancers to notice'),
  SHUTDOWN_REQUESTS_TIMEOUT_MS: milliseconds(
    10_000,
    'Longest time that requests under way get to finish then, in milliseconds; ' +
    'unless set, at most half of what `SHUTDOWN_DRAIN_MS` leaves of `SHUTDOWN_TIMEOUT_MS`'
  ),
  SHUTDOWN_TIMEOUT_MS: milliseconds(
    20_000,
    'Time for stopping in all, in milliseconds; then the process exits with code 1',
    { minimum: 1 }
  )
})

export type Config = Readonly<Static<typeof variables>>
