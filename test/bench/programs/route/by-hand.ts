// What people build: a store for each request, a count in it, and histograms as the response ends.
import { AsyncLocalStorage } from 'node:async_hooks'
import fastify from 'fastify'
import postgres from 'postgres'
import { Histogram, Registry } from 'prom-client'
import { argument } from '../../control.js'
import { serveRoute, type Route } from './route.js'

interface Asked { queries: number, seconds: number }

const storage = new AsyncLocalStorage<Asked>()
const registers = [new Registry()]
const queries = new Histogram(
  {
    name: 'queries',
    help: 'Queries of a request',
    labelNames: ['route'],
    buckets: [0, 1, 2, 5, 10, 20, 50, 100],
    registers
  }
)
const seconds = new Histogram({ name: 'seconds', help: 'Their time', labelNames: ['route'], registers })

const client = postgres(argument<Route>().url, { max: 10, fetch_types: false })
const sql = (async (strings: TemplateStringsArray, ...values: never[]) => {
  const asked = storage.getStore()
  const began = performance.now()
  try {
    return await client(strings, ...values)
  } finally {
    if (asked !== undefined) {
      asked.queries++
      asked.seconds += (performance.now() - began) / 1000
    }
  }
}) as unknown as typeof client

const app = fastify()
app.addHook('onRequest', (_request, _reply, done) => { storage.run({ queries: 0, seconds: 0 }, done) })
app.addHook('onResponse', (request, _reply, done) => {
  const asked = storage.getStore()
  const route = request.routeOptions.url ?? ''
  queries.observe({ route }, asked?.queries ?? 0)
  seconds.observe({ route }, asked?.seconds ?? 0)
  done()
})
await serveRoute(app, () => sql)
