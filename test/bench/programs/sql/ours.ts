import fastify from 'fastify'
import metrics from '../../../../plugins/metrics.js'
import postgres from '../../../../plugins/postgres.js'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

const app = fastify()
await app.register(metrics)
await app.register(postgres, {
  url: argument<Queries>().url, poolSize: 10, fetchTypes: false, acquireTimeoutMs: 10_000, queryTimeoutMs: 5000
})
serveQueries(app.sql)
