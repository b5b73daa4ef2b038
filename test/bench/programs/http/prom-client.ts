import fastify from 'fastify'
import client from 'prom-client'
import { recordByHand } from './by-hand.js'
import { serveHello } from './hello.js'

const app = fastify()
recordByHand(app, client)
await serveHello(app)
