import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import fp from 'fastify-plugin'
import type prom from 'prom-client'
import type { AnySql, MeasureOptions } from '../src/metrics/own/any-sql.js'
import { Catalogue, type Instrument } from '../src/metrics/catalogue.js'
import type { ValueCell } from '../src/metrics/cell.js'
import { createMetricsClient } from '../src/metrics/prom-client/client.js'
import { createClientReader } from '../src/metrics/prom-client/client-reader.js'
import { warnOfDefaultRegistry } from '../src/metrics/prom-client/default-registry.js'
import type { Metrics } from '../src/metrics/own/app-metrics.js'
import { warnOfNoRoute } from '../src/metrics/http/excluded-routes.js'
import { createGuard } from '../src/metrics/guard.js'
import { createHttpInstruments } from '../src/metrics/http/http-instruments.js'
import { assertServable } from '../src/metrics/naming/servable.js'
import { gridsOf, servedFamilies, type Served } from '../src/metrics/naming/served.js'
import { metricsOptions, peersOptions, type MetricsOptions } from '../src/metrics/options.js'
import { createOwnMetrics } from '../src/metrics/own/own-metrics.js'
import { declareProcess } from '../src/metrics/runtime/process.js'
import { recordQueries } from '../src/metrics/record-queries.js'
import type { RequestContext } from '../src/metrics/queries/request-context.js'
import type { RequestQueries } from '../src/metrics/queries/request-queries.js'
import { recordHttp } from '../src/metrics/http/record-http.js'
import { recordRuntime } from '../src/metrics/runtime/runtime.js'
import { createRenderer } from '../src/metrics/renderer.js'
import { checkRouteConfig } from '../src/metrics/http/route-config.js'
import { assertTellsAtOnce } from '../src/metrics/http/route-labels.js'
import { declareScrape } from '../src/metrics/scrape.js'
import { serveMetrics } from '../src/metrics/serve.js'
import { observe, type Observer } from '../src/observer/observer.js'
import { stallLimits } from '../src/observer/stall-limits.js'
import { createStallLog } from '../src/observer/stall-log.js'
import { assertFree } from '../src/plugin/assert-free.js'
import { assertFirst, offer } from '../src/plugin/offers.js'
import { rootOf } from '../src/plugin/root-context.js'
import { checkPluginOptions } from '../src/plugin/options.js'
import { measureClient } from '../src/postgres/measure/measure.js'
import { placeOf } from '../src/postgres/query/origin.js'
import { createSqlInstruments } from '../src/postgres/measure/sql-instruments.js'

export type { MetricsOptions } from '../src/metrics/options.js'
export type { Metrics } from '../src/metrics/own/app-metrics.js'

declare module 'fastify-metrics/dist/types.js' {
  interface IFastifyMetrics {
    /** The thread that answers while the event loop is blocked; undefined where there is none. */
    observer: Observer | undefined
  }
}

declare module '../src/plugin/offers.js' {
  interface Offers {
    metrics: Pick<Metrics, 'catalogue' | 'guard' | 'observer' | 'measure'> & {
      /** Path that metrics are served at; null for none. */
      readonly endpoint: string | null
      /** Requests that were refused under pressure, by reason. */
      readonly shed: Instrument<ValueCell>
      readonly queriesOf: (request: FastifyRequest) => RequestQueries
    }
  }
}

/**
 * Records HTTP, and serves it with all else that the app measures at `/metrics`, with and without a trailing slash.
 * Requests of routes and answers of hooks that were registered before it are recorded, too. Throws a TypeError when an
 * option is wrong.
 */
export default fp(async function metrics (app: FastifyInstance, options: MetricsOptions) {
  checkPluginOptions('metrics', metricsOptions, options, peersOptions)
  assertFirst(app, 'metrics')
  assertFree(Object.hasOwn(app, 'metrics'), 'metrics', 'metrics', 'fastify-metrics')
  const { maxSeries = 10_000, bodySizes = true, version = '', observer: observing = {}, labels = {} } = options
  const { stallMs, livenessMs } = stallLimits(observing || {})
  const routeLabels = Object.keys(options.routeLabels ?? {})
  const served: Served = {
    names: options.names ?? ['fastify'],
    namePrefix: options.namePrefix,
    labels,
    routeLabels,
    families: options.families
  }
  assertServable(served)
  const catalogue = new Catalogue({ maxSeries, grids: gridsOf(served) })
  const families = servedFamilies(served)
  const client = createMetricsClient(families)
  client.register.setDefaultLabels(labels)

  await app.register(fastifyMetrics.default, {
    promClient: client as typeof prom,
    endpoint: null,
    routeMetrics: { enabled: false }
  })

  const guard = createGuard(catalogue)
  const readClient = createClientReader(catalogue, client.register, guard, app.log)
  const failedQuery = guard.failures('query')
  const sqlInstruments = createSqlInstruments(catalogue, () => { failedQuery.add(1) })

  const instruments = createHttpInstruments(catalogue, bodySizes, routeLabels)
  rootOf(app).addHook('onRoute', checkRouteConfig)
  warnOfNoRoute(app, options.excludeRoutes ?? [])
  if (options.routeName !== undefined || routeLabels.length > 0) {
    rootOf(app).addHook('onRoute', ({ url, method, config }) => {
      assertTellsAtOnce(options, { url, methods: [method].flat(), config: { ...config, url, method } })
    })
  }
  const context: RequestContext = { enter: undefined }
  const recorder = recordHttp(app, instruments, guard, options, context)
  const queries = recordQueries(
    app,
    catalogue,
    options,
    { ...recorder, context, placeOf, failed: guard.failures('server_timing') }
  )
  const { queriesOf } = queries
  const measure = <T extends AnySql>(sql: T, options?: MeasureOptions) => {
    queries.follow()
    return measureClient(sql, sqlInstruments, options)
  }
  const runtime = recordRuntime(catalogue, guard, stallMs)
  catalogue.value('build.info', ['version', 'node']).cell(version, process.version).set(1)
  declareProcess(catalogue)
  declareScrape(catalogue)

  const observer = observing === false
    ? undefined
    : observe({
      catalogue,
      served,
      stallMs,
      livenessMs,
      client: readClient,
      onStall: createStallLog(app.log),
      onDeath: (error, message) => { app.log.error({ err: error }, message) },
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

  warnOfDefaultRegistry(app, client.register)
  const own = createOwnMetrics({
    catalogue,
    register: client.register,
    constant: Object.keys(labels),
    failed: guard.failures('collect'),
    log: app.log
  })
  Object.assign(app.metrics, { catalogue, guard, observer, measure, queriesOf, ...own })
  const endpoint = serveMetrics(app, options, createRenderer(catalogue, families, labels, observer, readClient))
  offer(app, 'metrics', { catalogue, guard, observer, measure, queriesOf, endpoint, shed: instruments.shed })
}, { name: 'metrics', fastify: '5.x' })
