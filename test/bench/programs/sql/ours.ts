import fastify from 'fastify'
import metrics from '../../../../plugins/metrics.js'
import { createClient, type Sql } from '../../../../src/postgres/client.js'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

const app = fastify()
await app.register(metrics)
const { measure } = app.metrics as unknown as { measure?: (sql: Sql) => Sql }
if (measure === undefined) throw new Error('app.metrics.measure is not there yet')
serveQueries(measure(createClient({ url: argument<Queries>().url })))
