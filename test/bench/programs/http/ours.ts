import fastify from 'fastify'
import { serveHello } from './hello.js'

const { default: metrics } = await import(new URL('../../../../plugins/metrics.js', import.meta.url).href)
const app = fastify()
await app.register(metrics)
await serveHello(app)
