import { Type, type Static } from '../schema.js'
import { fn, path } from '../plugin/schema.js'

const found = (of: string, at: string) =>
  Type.Optional(Type.Union([path({ pattern: '^/', allowed: 'a path that begins with /' }), Type.Null()], {
    description: `Path of ${of}; found at \`${at}\` when not given, \`null\` for none`
  }))

/** The options of the plugin `page`. */
export const pageOptions = Type.Object({
  /** Name of the service. @default 'fastify-vitals' */
  title: Type.Optional(Type.String({ default: 'fastify-vitals', description: 'Name of the service' })),
  /** Version of the service. @default '' */
  version: Type.Optional(Type.String({ default: '', description: 'Version of the service' })),
  /** Path of the metrics; found at `/metrics` when not given, null where this port does not serve them. */
  metrics: found('the metrics', '/metrics'),
  /** Path of the health checks; found at `/health` when not given, null for none. */
  health: found('the health checks', '/health'),
  /** Path of an alert journal; found at `/api/alerts` when not given, null for none. */
  journal: found('an alert journal', '/api/alerts'),
  /** Path of the routes' documentation; found at `/docs` when not given, null for none. */
  docs: found("the routes' documentation", '/docs'),
  /** Whether the journal takes alerts without a token, so that the page offers to send one as a test. @default false */
  testAlerts: Type.Optional(Type.Boolean({
    default: false,
    description: 'Whether the journal takes alerts without a token, so that the page offers to send one as a test'
  })),
  /** Returns the port that serves metrics while this one does not; called for each document. */
  managementPort: Type.Optional(fn<() => number | null>({
    description: 'Tells the port that serves metrics while this one does not; ' +
      'that of the plugin `metrics` when not given'
  })),
  // Options of Fastify's register().
  prefix: Type.Optional(Type.Unknown({ description: 'Prefix of its routes, as that of any plugin' })),
  logLevel: Type.Optional(Type.Unknown({
    description: 'Least severe log lines of its requests, as that of any plugin'
  })),
  logSerializers: Type.Optional(Type.Unknown({ description: 'Serializers of its log lines, as those of any plugin' }))
}, { additionalProperties: false })

export type PageOptions = Omit<Static<typeof pageOptions>, 'prefix' | 'logLevel' | 'logSerializers'>
