// Before anything else is loaded.
import './process/warm.js'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp, databaseOptions, journalMigrations, type LogStream } from './app.js'
import { environmentWarnings, loadConfig, mayGoWithoutManagement, type Config } from './config/config.js'
import { httpLimits } from './http/limits.js'
import { describeError } from './log.js'
import { createClient } from './postgres/client/client.js'
import { startEmbedded } from './embedded/embedded.js'
import { migrate } from './postgres/migrate.js'
import { readDatabaseUrl } from './postgres/url.js'
import { readEnvironment } from './config/environment.js'
import { assertCanListen } from './process/can-listen.js'
import { createRequestLines } from './process/request-lines.js'
import { explainDatabase, explainListen, explainUrl } from './process/startup-failure.js'
import { withSecretFiles } from './config/secret-files.js'
import { progress, welcome } from './process/terminal.js'
import { version } from './process/version.js'

const closers: Array<() => Promise<unknown>> = []
let stopping = false
let log: FastifyBaseLogger | undefined

/** Milliseconds within which a single Ctrl-C arrives twice. */
const passedOnMs = 200

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

// A terminal that has gone must not keep the service from stopping.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const tell = (message: string) => { progress(process.stderr, message) }

try {
  refuseArguments(process.argv.slice(2))
  const environment = withSecretFiles(readEnvironment())
  // postgres.js reads it from there.
  if (environment['PGPASSWORD'] !== undefined) process.env['PGPASSWORD'] = environment['PGPASSWORD']
  const config = loadConfig(environment)
  environmentWarnings(environment).forEach(tell)
  stopOnSignal(config)
  stopOnException(config)
  await start(config, environment)
} catch (error) {
  if (!stopping) await fail(error as Error)
}

function refuseArguments ([first]: string[]): void {
  if (first === undefined) return
  throw new Error(
    `The service takes no arguments, and got ${JSON.stringify(first)}: it is set up by environment variables, ` +
    'as in PORT=9000 npm start, which ops/README.md lists'
  )
}

async function start (asked: Config, environment: NodeJS.Dict<string>): Promise<void> {
  const config = asked.DATABASE_URL === '' ? await withEmbeddedDatabase(asked, environment) : asked
  const app = await buildApp(config, await logStream()).catch(error => { throw new Error(explainUrl(error)) })
  log = app.log
  closers.push(async () => { await app.close() })
  const { HOST: host, PORT: port } = config
  const hasManagement = config.MANAGEMENT_PORT > 0 && await listenForOperators(app, config, environment)
  await app.listen({ host, port }).catch(error => { throw new Error(explainListen(error, { host, port })) })
  // Listens first: while a long migration runs, the service is alive and not ready, rather than gone.
  if (config.MIGRATE_ON_START) {
    await applyMigrations(config)
    app.health.recheck()
  }
  // Drains only what was ready once: nobody sends requests to what was not, so a start that fails or is broken off has
  // nothing to wait for.
  closers.push(async () => { await drain(app, config) })
  if (config.NODE_ENV !== 'production') {
    const data = asked.DATABASE_URL === ''
      ? `${resolve(config.DATA_DIR)} (embedded PostgreSQL)`
      : `PostgreSQL at ${readDatabaseUrl(config.DATABASE_URL).hosts}`
    const origin = originOf(app)
    welcome(process.stderr, {
      origin,
      management: hasManagement ? `http://localhost:${config.MANAGEMENT_PORT}` : origin,
      version,
      data,
      page: config.PAGE,
      docs: config.DOCS
    })
  }
}

/** Opens the management port. Returns whether it could, where the service may go on without. */
async function listenForOperators (
  app: FastifyInstance,
  config: Config,
  environment: NodeJS.Dict<string>
): Promise<boolean> {
  const address = managementAddress(config)
  try {
    await app.metrics.observer?.listen({ ...address, token: config.MANAGEMENT_TOKEN, http: httpLimits(config) })
    return true
  } catch (error) {
    const why = explainListen(error, address, 'MANAGEMENT_')
    if (!mayGoWithoutManagement(config, environment)) throw new Error(why)
    tell(`${why}, or to 0 for none. Metrics and probes are on the main port only`)
    return false
  }
}

function managementAddress ({ MANAGEMENT_HOST: host, MANAGEMENT_PORT: port }: Config) {
  return { host, port }
}

async function withEmbeddedDatabase (config: Config, environment: NodeJS.Dict<string>): Promise<Config> {
  // First, since listening would tell of a port that is taken only once PostgreSQL has started.
  await assertCanListen({ host: config.HOST, port: config.PORT })
  if (config.MANAGEMENT_PORT > 0 && !mayGoWithoutManagement(config, environment)) {
    await assertCanListen(managementAddress(config), 'MANAGEMENT_')
  }
  const starting = startEmbedded({ dataDir: config.DATA_DIR, progress: tell, restart: true })
  closers.push(async () => { await (await starting.catch(() => undefined))?.stop() })
  const { url } = await starting
  return Object.freeze({ ...config, DATABASE_URL: url })
}

async function applyMigrations (config: Config): Promise<void> {
  const sql = createClient({ ...databaseOptions(config), poolSize: 1 })
  try {
    tell('checking migrations')
    await sql`/* connect */ select 1`
    const applied = await migrate(
      sql,
      await journalMigrations(),
      { waitSeconds: config.MIGRATE_WAIT_SECONDS, progress: tell }
    )
    for (const { version, name } of applied) tell(`applied migration ${version}, ${name.replaceAll('_', ' ')}`)
  } catch (error) {
    throw new Error(explainDatabase(error, config.DATABASE_URL))
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function drain (app: FastifyInstance, config: Config): Promise<void> {
  app.health.drain()
  await sleep(config.SHUTDOWN_DRAIN_MS)
}

function stopOnSignal (config: Config): void {
  // Ctrl-C comes twice through npm: from the terminal, and at once from npm, which passes it on. So a second signal
  // counts only after a moment; and these handlers stay, for without one in place the next signal would end the
  // process.
  let first = 0
  for (const signal of signals) {
    process.on(signal, () => {
      if (first === 0) {
        first = performance.now()
        stop(config, signal, 0)
      } else if (performance.now() - first > passedOnMs) {
        tell(`stopping at once (${signal} again)`)
        process.exit(1)
      }
    })
  }
}

// Stops after an exception that nobody caught: in what state it left the process is unknown, so another has to take
// over; but requests under way may well end right.
function stopOnException (config: Config): void {
  process.on('uncaughtException', (error, origin) => {
    log?.fatal({ err: error, origin }, 'Unexpected exception: the service stops')
    tell(`an unexpected exception (${origin}): ${textOf(error)}`)
    stop(config, 'after an exception', 1)
  })
}

/**
 * Stops in order, with a deadline for all of it. The first exit code that is asked for counts, unless stopping fails.
 */
function stop (config: Config, why: string, code: number): void {
  if (stopping) return
  stopping = true
  tell(`stopping (${why})`)
  setTimeout(() => {
    tell(`not stopped within ${config.SHUTDOWN_TIMEOUT_MS} ms, so at once`)
    process.exit(1)
  }, config.SHUTDOWN_TIMEOUT_MS)
  close().then(() => {
    tell('stopped')
    process.exit(code)
  }, error => {
    tell(`not stopped in order: ${textOf(error)}`)
    process.exit(1)
  })
}

async function close (): Promise<void> {
  for (const closer of closers.splice(0).reverse()) await closer()
}

async function fail (error: Error): Promise<never> {
  stopping = true
  const [first = '', ...more] = error.message.split('\n')
  tell(more.length === 0 ? `cannot start. ${first}` : ['cannot start:', first, ...more].join('\n  '))
  await close().catch(() => {})
  process.exit(1)
}

function textOf (error: unknown): string {
  const { stack, message } = describeError(error)
  return stack === '' ? message : stack
}

function originOf (app: FastifyInstance): string {
  const { port } = app.server.address() as AddressInfo
  return `http://localhost:${port}`
}

// People get readable lines when the package for it is installed; everything else gets JSON.
async function logStream (): Promise<LogStream> {
  if (!process.stdout.isTTY) return process.stdout
  const { default: pretty } = await import('pino-pretty').catch(() => ({ default: undefined }))
  if (pretty === undefined) return process.stdout
  const stream = pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true })
  const oneFor = createRequestLines()
  return {
    write: line => {
      const shown = oneFor(line)
      if (shown !== undefined) stream.write(shown)
    }
  }
}
