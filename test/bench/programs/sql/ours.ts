import fastify from 'fastify'
import { createClient } from '../../../../src/postgres/client.js'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

const { default: metrics } = await import(new URL('../../../../plugins/metrics.js', import.meta.url).href)
const app = fastify()
await app.register(metrics)
serveQueries((app as unknown as { metrics: { measure: <T>(sql: T) => T } }).metrics.measure(createClient({ url: argument<Queries>().url })))
