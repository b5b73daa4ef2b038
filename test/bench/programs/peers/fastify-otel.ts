// Spans of each request, handler and hook, which are sent nowhere.
import fastify from 'fastify'
import { serveHello } from '../http/hello.js'
import { peer } from './peer.js'

const { BasicTracerProvider } = peer('@opentelemetry/sdk-trace-base')
const { FastifyOtelInstrumentation } = peer('@fastify/otel')

const instrumentation = new FastifyOtelInstrumentation()
instrumentation.setTracerProvider(new BasicTracerProvider())

const app = fastify()
await app.register(instrumentation.plugin())
await serveHello(app)
