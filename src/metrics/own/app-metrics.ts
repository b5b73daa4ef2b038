import type { FastifyRequest } from 'fastify'
import type { AnySql, MeasureOptions } from './any-sql.js'
import type { Catalogue } from '../catalogue.js'
import type { Guard } from '../guard.js'
import type { OwnMetrics } from './own-metrics.js'
import type { RequestQueries } from '../queries/request-queries.js'

export type { IFastifyMetrics as Metrics } from 'fastify-metrics'

declare module 'fastify-metrics/dist/types.js' {
  interface IFastifyMetrics extends OwnMetrics {
    /**
     * What this package's own plugins record into; metrics of your own are made with `counter`, `gauge` and
     * `histogram`.
     */
    catalogue: Catalogue
    /**
     * Wraps a function that is called when something happens: what it throws is counted under a name, not propagated.
     */
    guard: Guard
    /**
     * Measures a client from now on. Returns it, or a client that does the same and is timed if this package did not
     * make it. Clients are told apart by the label `pool`.
     */
    measure: <T extends AnySql>(sql: T, options?: MeasureOptions) => T
    /**
     * What a request has asked of databases so far: how many queries, and the seconds that these executed and waited.
     */
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
