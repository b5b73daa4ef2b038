// Spans of each request, handler, hook and query, which are sent nowhere.
import fastify from 'fastify'
import postgres from 'postgres'
import { argument } from '../../control.js'
import { serveRoute, type Route } from '../route/route.js'
import { peer } from './peer.js'

const { AsyncLocalStorageContextManager } = peer('@opentelemetry/context-async-hooks')
const { context } = peer('@opentelemetry/api')
const { BasicTracerProvider } = peer('@opentelemetry/sdk-trace-base')
const { FastifyOtelInstrumentation } = peer('@fastify/otel')
const { createOTELEmitter, PostgresInstrumentation } = peer('otel-instrumentation-postgres')

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const tracerProvider = new BasicTracerProvider()
const queries = new PostgresInstrumentation()
queries.setTracerProvider(tracerProvider)
queries.enable()
const requests = new FastifyOtelInstrumentation()
requests.setTracerProvider(tracerProvider)

const app = fastify()
await app.register(requests.plugin())
const sql = createOTELEmitter(postgres(argument<Route>().url, { max: 10, fetch_types: false }))
// By its text, which has to begin with the operation: a template's strings make its emitter throw a TypeError.
const ask = () => sql.unsafe('select 1 as one', [], { prepare: true })
await serveRoute(app, () => ask as never)
