import fastify from 'fastify'
import metrics, { type MetricsOptions } from '../../../../plugins/metrics.js'
import postgres from '../../../../plugins/postgres.js'
import { argument } from '../../control.js'
import { patient } from '../patience.js'
import { serveRoute, type Route } from './route.js'

export interface OurRoute extends Route {
  metrics: MetricsOptions
  /** Asks by `request.sql`; by `app.sql` when not. */
  byRequest: boolean
}

const { url, metrics: options, byRequest } = argument<OurRoute>()
const app = fastify()
await app.register(metrics, patient(options))
await app.register(postgres, { url, fetchTypes: false })
await serveRoute(app, byRequest ? ({ sql }) => sql : () => app.sql)
