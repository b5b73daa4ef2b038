import fastify from 'fastify'
import metrics from '../../../../plugins/metrics.js'
import type { Sql } from '../../../../src/postgres/client.js'
import { connect, serveQueries } from './queries.js'

const app = fastify()
await app.register(metrics)
const { measure } = app.metrics as unknown as { measure?: (sql: Sql) => Sql }
if (measure === undefined) throw new Error('app.metrics.measure is not there yet')
serveQueries(measure(connect()))
