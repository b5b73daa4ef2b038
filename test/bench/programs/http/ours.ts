import fastify from 'fastify'
import metrics from '../../../../plugins/metrics.js'
import { serveHello } from './hello.js'

const app = fastify()
await app.register(metrics)
await serveHello(app)
