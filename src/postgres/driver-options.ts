import type postgres from 'postgres'
import { Type, type Static } from '../schema.js'
import { fn } from '../plugin/schema.js'
import type { Connect } from './connection/socket.js'
import { isMoreThanAWord, tlsOptions } from './tls-options.js'

type Options = postgres.Options<Record<string, postgres.PostgresType>>

/** Makes each connection's socket, connected or about to be, in place of one to the URL's host. */
export type SocketOption = (options: postgres.Sql['options']) => ReturnType<Connect>

/** A function, or an object of functions, to read with (`from`) and to write with (`to`). */
const transformer = (...ways: string[]) => ({
  anyOf: [
    { is: 'function' },
    {
      type: 'object',
      properties: Object.fromEntries(ways.map(way => [way, { is: 'function' }])),
      additionalProperties: false
    }
  ],
  allowed: `a function, or an object with ${ways.join(' and ')}, functions`
})

const transforms = {
  // What is written for undefined.
  undefined: {},
  column: transformer('from', 'to'),
  value: transformer('from'),
  row: transformer('from')
}

const password = (description: string) => Type.Union([Type.String(), fn<() => string | Promise<string>>({})], {
  allowed: 'a text, or a function that returns one or a promise of one',
  secret: true,
  description
})

/**
 * Options of postgres.js that are neither the plugin's own nor the URL's. postgres.js itself checks hardly any of them.
 */
export const driverSchema = Type.Object({
  /** Types of your own, by name: `{ to, from, serialize, parse }` each. */
  types: Type.Optional(Type.Unsafe<NonNullable<Options['types']>>({
    type: 'object',
    additionalProperties: {
      type: 'object',
      open: true,
      properties: {
        to: { type: 'integer' },
        from: {
          anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' } }],
          allowed: 'a list of whole numbers'
        },
        serialize: { is: 'function' },
        parse: { is: 'function' }
      },
      allowed: 'an object with to, from, serialize and parse'
    },
    description: 'Types of your own by name, each `{ to, from, serialize, parse }`'
  })),
  /** What becomes of names, values and rows: `postgres.camel`, or `{ undefined, column, value, row }`. */
  transform: Type.Optional(Type.Unsafe<NonNullable<Options['transform']>>({
    anyOf: [
      { type: 'object', properties: transforms, additionalProperties: false },
      // One way alone, as `postgres.toCamel`.
      { is: 'function', properties: transforms, required: ['column'] }
    ],
    allowed: 'an object with undefined, column, value and row, or such as postgres.camel',
    description: 'What becomes of names, values and rows: `postgres.camel`, `{ undefined: null, column: { from, to } }`'
  })),
  /** Makes each connection's socket. */
  socket: Type.Optional(fn<SocketOption>({
    description: "Makes each connection's socket, in place of one to the URL's host"
  })),
  /** Settings of PostgreSQL that each connection has. */
  connection: Type.Optional(Type.Unsafe<NonNullable<Options['connection']>>({
    type: 'object',
    additionalProperties: {
      anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { const: undefined }],
      allowed: 'a text, a number, or true or false',
      secret: isMoreThanAWord
    },
    allowed: 'an object of settings of PostgreSQL',
    secret: isMoreThanAWord,
    description: "Settings of PostgreSQL that each connection has: `{ search_path: 'shop' }`"
  })),
  /** Options of `tls.connect`, such as `{ ca, cert, key }`; of its words, `tls` has those that are of use. */
  ssl: Type.Optional(Type.Unsafe<NonNullable<Options['ssl']>>({
    anyOf: [
      { type: 'boolean' },
      { enum: ['require', 'allow', 'prefer', 'verify-full'] },
      tlsOptions
    ],
    allowed: "true, false, one of 'require', 'allow', 'prefer', 'verify-full', or an object such as { ca, cert, key }",
    secret: isMoreThanAWord,
    description: 'Options of `tls.connect`: `{ ca, cert, key }`; or `true`, `false`, ' +
      '`require`, `allow`, `prefer`, `verify-full`, for which there is `tls`'
  })),
  /** `direct` begins TLS at once, as PostgreSQL 17 and later can. @default 'postgres' */
  sslnegotiation: Type.Optional(Type.Enum(['postgres', 'direct'], {
    default: 'postgres',
    description: '`direct` begins TLS at once, as PostgreSQL 17 and later can'
  })),
  /** Which of several hosts is wanted. */
  target_session_attrs: Type.Optional(Type.Enum(['read-write', 'read-only', 'primary', 'standby', 'prefer-standby'], {
    description: 'Which of several hosts is wanted: `read-write`, `read-only`, `primary`, `standby`, `prefer-standby`'
  })),
  /** In place of one in the URL: a text, or a function that is asked for each connection. */
  password: Type.Optional(password(
    'In place of one in the URL: a text, or a function that is asked for each connection'
  )),
  /** The same as `password`. */
  pass: Type.Optional(password('The same as `password`')),
  /** Seconds until TCP asks whether the other end is still there; 0 and `null` are never. @default 60 */
  keep_alive: Type.Optional(Type.Union([Type.Number({ minimum: 0, unit: 'seconds' }), Type.Null()], {
    default: 60,
    description: 'Time after which TCP asks whether the other end is still there, in seconds; 0 and `null` are never'
  })),
  /** What `sql.subscribe` follows. @default 'alltables' */
  publications: Type.Optional(Type.String({
    minLength: 1,
    default: 'alltables',
    description: 'What `sql.subscribe` follows'
  })),
  /** Whether errors show the query and its parameters; a function is told each query. @default false */
  debug: Type.Optional(Type.Unsafe<NonNullable<Options['debug']>>({
    anyOf: [{ type: 'boolean' }, { is: 'function' }],
    default: false,
    description: "Whether errors' fields `query` and `parameters` are listed; a function is told each query"
  })),
  /** Told of each connection that is closed. */
  onclose: Type.Optional(fn<NonNullable<Options['onclose']>>({
    description: 'Told of each connection that is closed'
  })),
  /** Told of what is notified on connections on which you `LISTEN` yourself; `sql.listen` has no need of it. */
  onnotify: Type.Optional(fn<(channel: string, payload: string) => void>({
    description: 'Told of what is notified on connections on which you `LISTEN` yourself; `sql.listen` does without'
  })),
  /** Told of settings of the server that change. */
  onparameter: Type.Optional(fn<NonNullable<Options['onparameter']>>({
    description: 'Told of settings of the server, and when they change'
  }))
}, {
  additionalProperties: false,
  allowed: 'an object',
  secret: isMoreThanAWord,
  description: 'Further options of postgres.js'
})

/** An interface, for the types of the package tell of its options by its name, with their comments. */
export interface DriverOptions extends Static<typeof driverSchema> {}
