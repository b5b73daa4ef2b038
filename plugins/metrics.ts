import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import fp from 'fastify-plugin'
import type prom from 'prom-client'
import { Catalogue } from '../src/metrics/catalogue.js'
import { createMetricsClient } from '../src/metrics/client.js'
import { createClientReader } from '../src/metrics/collect.js'
import { tellsOfEachRequest } from '../src/metrics/each-request.js'
import { createGuard, type Guard } from '../src/metrics/guard.js'
import { createHttpInstruments } from '../src/metrics/http-instruments.js'
import { familiesOf } from '../src/metrics/naming/index.js'
import { metricsOptions, peersOptions, type MetricsOptions } from '../src/metrics/options.js'
import { declareProcess } from '../src/metrics/process.js'
import { recordQueries } from '../src/metrics/queries/record-queries.js'
import type { RequestQueries } from '../src/metrics/queries/request-queries.js'
import { recordHttp } from '../src/metrics/record-http.js'
import { recordRuntime } from '../src/metrics/runtime.js'
import { createRenderer } from '../src/metrics/renderer.js'
import { declareScrape } from '../src/metrics/scrape.js'
import { serveMetrics } from '../src/metrics/serve.js'
import { observe, type Observer } from '../src/observer/observer.js'
import { describePlace } from '../src/observer/place.js'
import { assertFirst, isThere, offer } from '../src/plugin/meet.js'
import { checkOptions } from '../src/plugin/options.js'
import type { AnySql, MeasureOptions } from '../src/postgres/any-sql.js'
import { measureClient } from '../src/postgres/measure.js'
import { placeOf } from '../src/postgres/origin.js'
import { createSqlInstruments } from '../src/postgres/sql-instruments.js'

export type { MetricsOptions } from '../src/metrics/options.js'
export type { IFastifyMetrics as Metrics } from 'fastify-metrics'

declare module 'fastify-metrics/dist/types.js' {
  interface IFastifyMetrics {
    /** What this package's own plugins record into; it serves only what they do. */
    catalogue: Catalogue
    /** Makes of what is called when something happens one whose exceptions are counted under a name and go no further. */
    guard: Guard
    /** The thread that answers while the event loop is blocked; undefined where there is none. */
    observer: Observer | undefined
    /**
     * Measures a client from now on, and returns it; of one that the postgres plugin did not make, one that does the same and is
     * timed. Further clients are told apart by the label `pool`.
     */
    measure: <T extends AnySql>(sql: T, options?: MeasureOptions) => T
    /** What a request has asked of databases so far: how many queries, and the seconds that these executed and waited. */
    queriesOf: (request: FastifyRequest) => Readonly<Pick<RequestQueries, 'count' | 'execution' | 'wait'>>
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false` leaves the route's requests out of the metrics. */
    metrics?: boolean
    /** Whether the route's answers have `Server-Timing`, whatever the plugin's option is. */
    serverTiming?: boolean
  }
}

/**
 * Records HTTP, and serves it with all else that the app measures at `/metrics`, with and without a trailing slash. Register it
 * first, so that nothing is missed. Throws a TypeError when an option is wrong.
 */
export default fp(async function metrics (app: FastifyInstance, options: MetricsOptions) {
  checkOptions('metrics', metricsOptions, options, peersOptions)
  assertFirst(app, 'metrics')
  if (!tellsOfEachRequest(app) && isThere(app, 'pressure')) {
    throw new Error(`metrics is registered after pressure, and would not see what that sheds in Fastify ${app.version}: register metrics first, or use a newer Fastify`)
  }
  const { names = ['fastify'], maxSeries = 10_000, bodySizes = true, version = '', observer: observing = {}, prefix = '' } = options
  const endpoint = options.endpoint === null ? null : `${prefix}${options.endpoint ?? '/metrics'}`
  const catalogue = new Catalogue({ maxSeries })
  const families = familiesOf(names)
  const client = createMetricsClient(families)

  await app.register(fastifyMetrics.default, { promClient: client as typeof prom, endpoint: null, routeMetrics: { enabled: false } })

  const guard = createGuard(catalogue)
  const readClient = createClientReader(catalogue, client.register, guard)
  const failedQuery = guard.failures('query')
  const sqlInstruments = createSqlInstruments(catalogue, () => { failedQuery.add(1) })

  const instruments = createHttpInstruments(catalogue, bodySizes)
  const recorder = recordHttp(app, instruments, guard, request => { queries.enter(request) })
  const queries = recordQueries(app, catalogue, options, { ...recorder, placeOf, failed: guard.failures('server_timing') })
  const { queriesOf } = queries
  const measure = <T extends AnySql>(sql: T, options?: MeasureOptions) => {
    queries.follow()
    return measureClient(sql, sqlInstruments, options)
  }
  const { stallMs = 1000, livenessBlockedMs: livenessMs = 10_000 } = observing || {}
  const runtime = recordRuntime(catalogue, guard, stallMs)
  catalogue.value('build.info', ['version', 'node']).cell(version, process.version).set(1)
  declareProcess(catalogue)
  declareScrape(catalogue)

  const observer = observing === false
    ? undefined
    : observe({
      catalogue,
      names,
      stallMs,
      livenessMs,
      client: readClient,
      onStall: (seconds, place) => {
        const where = place === undefined ? '' : ` in ${describePlace(place)}`
        app.log.warn({ seconds, ...place }, `The event loop was blocked for ${seconds} s${where}`)
      },
      onDeath: error => { app.log.error({ err: error }, 'The observer ended by itself; it is started again') },
      onFailure: error => { app.log.error({ err: error }, `The observer does not serve this app: ${error.message}`) }
    })
  app.addHook('onListen', async () => {
    runtime.watchLoop()
    observer?.start()
  })
  app.addHook('onClose', async () => {
    runtime.stop()
    await observer?.close()
  })

  Object.assign(app.metrics, { catalogue, guard, observer, measure, queriesOf })
  offer(app, 'metrics', { catalogue, guard, observer, measure, queriesOf, endpoint, shed: instruments.shed })
  if (endpoint !== null) serveMetrics(app, endpoint, createRenderer(catalogue, families, observer, readClient))
}, { name: 'metrics', fastify: '5.x' })
