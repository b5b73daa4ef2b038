import { fileURLToPath } from 'node:url'
import { getHeapStatistics } from 'node:v8'
import Fastify, { type FastifyInstance, type FastifyLoggerOptions } from 'fastify'
import docs from '../plugins/docs.js'
import health from '../plugins/health.js'
import management from '../plugins/management.js'
import metrics from '../plugins/metrics.js'
import page from '../plugins/page.js'
import postgres from '../plugins/postgres.js'
import pressure from '../plugins/pressure.js'
import { compileWhenUsed } from './http/compile-when-used.js'
import { finishRequests } from './http/closing.js'
import { namingsOf, type Config } from './config/config.js'
import { createErrorHandler, createNotFoundHandler } from './http/error-handler.js'
import journal from './journal/routes.js'
import { fastifyLimits } from './http/limits.js'
import { deferRequestLoggers } from './http/request-logger.js'
import { describeError, describeRequest } from './log.js'
import type { ServerTiming } from './metrics/queries/server-timing.js'
import { readMigrations, type Migration } from './postgres/migrate.js'
import { isUnavailable } from './postgres/unavailable.js'
import { createTokenCheck } from './http/token-check.js'
import { refuseInvalidUtf8 } from './http/utf8.js'
import { version } from './process/version.js'

export type LogStream = NonNullable<FastifyLoggerOptions['stream']>

/**
 * Builds the service. It listens to nothing and migrates nothing; `config.DATABASE_URL` must be set.
 * @param stream - where log lines go; no log when not given
 */
export async function buildApp (config: Config, stream?: LogStream): Promise<FastifyInstance> {
  const handleError = createErrorHandler(isUnavailable)
  const app = Fastify({
    logger: stream !== undefined &&
      { level: config.LOG_LEVEL, stream, serializers: { err: describeError, req: describeRequest } },
    ...fastifyLimits(config),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: config.PATH_PARAMETER_LIMIT },
    ajv: { customOptions: { removeAdditional: false, verbose: true } },
    schemaController: { compilersFactory: compileWhenUsed() },
    frameworkErrors: handleError,
    // Until the last connection is closed, what it asks is answered.
    return503OnClosing: false
  })
  if (stream !== undefined) deferRequestLoggers(app.log)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(createNotFoundHandler(config.DOCS))
  refuseInvalidUtf8(app)

  // Management and docs see only the routes that come after them.
  await app.register(management, { token: config.MANAGEMENT_TOKEN })
  if (config.DOCS) {
    await app.register(docs, { version, tokens: config.JOURNAL_TOKEN !== '' || config.MANAGEMENT_TOKEN !== '' })
  }
  await app.register(metrics, {
    names: namingsOf(config),
    maxSeries: config.METRICS_MAX_SERIES,
    bodySizes: config.METRICS_BODY_SIZES,
    // The service's own routes all ask by request.sql.
    attribute: 'request',
    nPlusOne: config.N_PLUS_ONE,
    serverTiming: serverTimingOf(config),
    version,
    endpoint: config.MANAGEMENT_APART ? null : '/metrics',
    observer: { stallMs: config.STALL_MS, livenessBlockedMs: config.LIVENESS_BLOCKED_MS }
  })
  await app.register(health, { timeout: config.HEALTH_TIMEOUT_MS, keep: config.HEALTH_KEEP_MS })
  await app.register(pressure, {
    maxEventLoopDelay: config.PRESSURE_MAX_EVENT_LOOP_DELAY_MS,
    maxEventLoopUtilization: config.PRESSURE_MAX_EVENT_LOOP_UTILIZATION,
    maxHeapUsedBytes: config.PRESSURE_MAX_HEAP_USED_BYTES || nearlyFullHeap(),
    maxRssBytes: config.PRESSURE_MAX_RSS_BYTES,
    sampleInterval: config.PRESSURE_SAMPLE_INTERVAL_MS,
    retryAfter: config.PRESSURE_RETRY_AFTER_SECONDS
  })
  await app.register(postgres, {
    ...databaseOptions(config),
    acquireTimeoutMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
    queryTimeoutMs: config.DATABASE_QUERY_TIMEOUT_MS,
    closeTimeoutSeconds: config.DATABASE_CLOSE_TIMEOUT_SECONDS,
    migrations: await journalMigrations(),
    tables: ['alerts', 'label_sets']
  })
  await app.register(journal, {
    prefix: '/api/alerts',
    sql: app.sql,
    token: config.JOURNAL_TOKEN,
    staleAfterSeconds: config.JOURNAL_STALE_AFTER_SECONDS,
    bodyLimitBytes: config.JOURNAL_BODY_LIMIT_BYTES,
    retentionDays: config.JOURNAL_RETENTION_DAYS,
    costlyReads: Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 5))
  })
  if (config.PAGE) {
    await app.register(page, {
      title: 'fastify-vitals',
      version,
      journal: '/api/alerts',
      testAlerts: config.JOURNAL_TOKEN === '',
      ...config.MANAGEMENT_APART && { metrics: null },
      ...!config.DOCS && { docs: null }
    })
  }

  finishRequests(app, config.SHUTDOWN_REQUESTS_TIMEOUT_MS)
  return app
}

/**
 * Whose answers have `Server-Timing`: routes are for others, too, but what they cost is for those who may see the
 * metrics.
 */
function serverTimingOf ({ SERVER_TIMING, MANAGEMENT_TOKEN }: Config): ServerTiming {
  if (!SERVER_TIMING || MANAGEMENT_TOKEN === '') return SERVER_TIMING
  const hasToken = createTokenCheck(MANAGEMENT_TOKEN, true)
  return ({ headers }) => hasToken(headers.authorization)
}

/**
 * The heap, in bytes, that counts as too full. V8's limit includes 48 MiB for young objects, and V8 dies when old ones
 * have no room.
 */
function nearlyFullHeap (): number {
  return Math.floor((getHeapStatistics().heap_size_limit - 48 * 2 ** 20) * 0.85)
}

/** Returns the part of the configuration that says how to reach the database, as options of a client. */
export function databaseOptions (config: Config) {
  return {
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutSeconds: config.DATABASE_CONNECT_TIMEOUT_SECONDS,
    idleTimeoutSeconds: config.DATABASE_IDLE_TIMEOUT_SECONDS,
    maxLifetimeSeconds: config.DATABASE_MAX_LIFETIME_SECONDS,
    prepare: config.DATABASE_PREPARE,
    // No query of the journal has an array.
    fetchTypes: false,
    leakDetectionMs: config.DATABASE_LEAK_DETECTION_MS,
    ...(config.DATABASE_TLS !== 'url' && { tls: config.DATABASE_TLS })
  }
}

/** Reads the journal's migrations, in order. */
export async function journalMigrations (): Promise<Migration[]> {
  return await readMigrations(fileURLToPath(new URL('journal/migrations', import.meta.url)))
}
