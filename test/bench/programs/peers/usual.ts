// What many services have, and nothing of ours.
import fastify from 'fastify'
import { serveHello } from '../http/hello.js'
import { peer } from './peer.js'

const app = fastify()
await app.register(peer('@fastify/cors'))
await app.register(peer('@fastify/helmet'))
await app.register(peer('@fastify/cookie'))
await app.register(peer('@fastify/rate-limit'), { max: 1e9 })
await serveHello(app)
