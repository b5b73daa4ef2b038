import fastify from 'fastify'
import postgres from 'postgres'
import { argument } from '../../control.js'
import { serveRoute, type Route } from './route.js'

const sql = postgres(argument<Route>().url, { max: 10, fetch_types: false })
await serveRoute(fastify(), () => sql)
