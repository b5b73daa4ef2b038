import type { Server } from 'node:http'
import type {} from '@fastify/swagger'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import fp from 'fastify-plugin'
import type prom from 'prom-client'
import { Catalogue } from '../src/metrics/catalogue.js'
import { createMetricsClient } from '../src/metrics/client.js'
import { collect } from '../src/metrics/collect.js'
import { onEachRequest } from '../src/metrics/each-request.js'
import { errorType } from '../src/metrics/error-type.js'
import { furtherServers } from '../src/http/further-servers.js'
import { createGuard, type Guard } from '../src/metrics/guard.js'
import { createHttpInstruments } from '../src/metrics/http-instruments.js'
import { createHttpRecorder } from '../src/metrics/http.js'
import { familiesOf, type Naming } from '../src/metrics/naming/index.js'
import { RouteCells } from '../src/metrics/route-cells.js'
import { declareProcess } from '../src/metrics/process.js'
import { createRouteReader, type RouteConfig } from '../src/metrics/route-of.js'
import { recordRuntime } from '../src/metrics/runtime.js'
import { createRenderer, type Renderer } from '../src/metrics/renderer.js'
import { declareScrape } from '../src/metrics/scrape.js'
import { observe, type Observer } from '../src/observer/observer.js'
import { describePlace } from '../src/observer/place.js'
import type { Sql } from '../src/postgres/client.js'
import { measureClient, type MeasureOptions } from '../src/postgres/measure.js'
import { createSqlInstruments } from '../src/postgres/sql-instruments.js'
import type {} from './pressure.js'

export type { IFastifyMetrics as Metrics } from 'fastify-metrics'

declare module 'fastify-metrics/dist/types.js' {
  interface IFastifyMetrics {
    /** Where what is recorded gets its meaning; a plugin adds instruments of its own here. */
    catalogue: Catalogue
    /** Makes of what is called when something happens one whose exceptions are counted under a name and go no further. */
    guard: Guard
    /** The thread that answers while the event loop is blocked; undefined where there is none. */
    observer: Observer | undefined
    /**
     * Measures a client from now on, and returns it; of one that the postgres plugin did not make, one that does the same and is
     * timed. Further clients are told apart by the label `pool`.
     */
    measure: <T extends Sql>(sql: T, options?: MeasureOptions) => T
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false` leaves the route's requests out of the metrics. */
    metrics?: boolean
  }
}

export interface MetricsOptions {
  /** The names that metrics are served under, one or several; `fastify` when not given. */
  names?: readonly Naming[]
  /** Most series held; what is past it goes to a series labelled `__overflow__`. */
  maxSeries?: number
  /** Whether to record the sizes of bodies. */
  bodySizes?: boolean
  /** The service's version, for `build_info`. */
  version?: string
  /** Path that they are served at; `null` is none. */
  endpoint?: string | null
  /**
   * A thread that renders metrics and watches the event loop, so that both go on while that is blocked; all apps of the
   * process share one. `false` is none: then metrics are rendered where requests are served.
   */
  observer?: ObserverOptions | false
}

export interface ObserverOptions {
  /** Milliseconds for which the event loop has to be blocked to be looked into. */
  stallMs?: number
  /** Milliseconds for which it has to be blocked for the process not to be alive. */
  livenessBlockedMs?: number
}

/** Records HTTP, and serves it with all else that the app measures at `/metrics`, with and without a trailing slash. Register it first. */
export default fp(async function metrics (app: FastifyInstance, { names = ['fastify'], maxSeries = 10_000, bodySizes = true, version = '', endpoint = '/metrics', observer: observing = {} }: MetricsOptions) {
  const catalogue = new Catalogue({ maxSeries })
  const families = familiesOf(names)
  const client = createMetricsClient(families)

  await app.register(fastifyMetrics.default, { promClient: client as typeof prom, endpoint: null, routeMetrics: { enabled: false } })

  const guard = createGuard(catalogue)
  const failedQuery = guard.failures('query')
  const sqlInstruments = createSqlInstruments(catalogue, () => { failedQuery.add(1) })
  Object.assign(app.metrics, {
    catalogue,
    guard,
    measure: <T extends Sql>(sql: T, options?: MeasureOptions) => measureClient(sql, sqlInstruments, options)
  })

  recordHttp(app, bodySizes)
  const { stallMs = 1000, livenessBlockedMs: livenessMs = 10_000 } = observing || {}
  const runtime = recordRuntime(catalogue, guard, stallMs)
  catalogue.value('build.info', ['version', 'node']).cell(version, process.version).set(1)

  declareProcess(catalogue)
  declareScrape(catalogue)

  const failedCollect = guard.failures('collect')
  async function readClient (): Promise<string> {
    catalogue.refresh()
    return await collect(client.register, failedCollect)
  }

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
      onDeath: error => { app.log.error({ err: error }, 'The observer ended by itself; it is started again') }
    })
  Object.assign(app.metrics, { observer })
  app.addHook('onListen', async () => {
    runtime.watchLoop()
    observer?.start()
  })
  app.addHook('onClose', async () => {
    runtime.stop()
    await observer?.close()
  })

  if (endpoint !== null) serveMetrics(app, endpoint, createRenderer(catalogue, families, observer, readClient))
}, { name: 'metrics', fastify: '5.x' })

function serveMetrics (app: FastifyInstance, prefix: string, render: Renderer): void {
  app.register(async app => {
    const schema = { tags: ['probes'], summary: 'Metrics in Prometheus\' text format or OpenMetrics, as the scraper asks' }
    app.get('/', { logLevel: 'warn', config: { shed: false }, schema }, async ({ headers }, reply) => {
      const { headers: own, body, release } = await render({ accept: headers.accept, acceptEncoding: headers['accept-encoding'] as string | undefined })
      reply.raw.once('close', release)
      return await reply.headers(own).send(body)
    })
  }, { prefix })
}

function recordHttp (app: FastifyInstance, sizes: boolean): void {
  const { catalogue, guard } = app.metrics
  const cells = Symbol('fastify-vitals.cells')
  type Held = RouteConfig & { [cells]?: RouteCells | null }

  const instruments = createHttpInstruments(catalogue, sizes)
  const scheme = 'setSecureContext' in app.server ? 'https' : 'http'
  const unmatched = new RouteCells(instruments, '', [], scheme)
  const recorder = createHttpRecorder(app.server as Server, instruments, { unmatched, http2: app.initialConfig.http2 === true, guard })
  const readRoute = createRouteReader()

  function cellsOf (config: Held, { server }: FastifyRequest): RouteCells | null {
    // Apps that are given one log controller hear of each other's requests.
    if (server.server !== app.server) return (config[cells] = null)
    if (config.url === undefined) return (config[cells] = unmatched)
    const methods = [config.method].flat() as string[]
    return (config[cells] = config.metrics === false ? null : new RouteCells(instruments, config.url, methods, scheme))
  }

  const routeOf = (request: FastifyRequest): RouteCells | null => {
    const config: Held = readRoute(request)
    const held = config[cells]
    return held === undefined ? cellsOf(config, request) : held
  }

  const failed = guard.failures('request')
  onEachRequest(app, (request, reply) => {
    try {
      const route = routeOf(request)
      if (route === null) recorder.ignore(reply.raw)
      else recorder.begin(request.raw, reply.raw, route)
    } catch {
      failed.add(1)
    }
  })

  const countError = guard('error', (request: FastifyRequest, error: FastifyError) => {
    const route = routeOf(request)
    if (route !== null) instruments.errors.cell(route.route, errorType(error)).add(1)
  })
  app.addHook('onError', (request, _reply, error, done) => {
    countError(request, error)
    done()
  })

  app.addHook('onListen', async () => { for (const server of furtherServers(app)) recorder.follow(server) })
  app.addHook('onClose', async () => { recorder.close() })
}
