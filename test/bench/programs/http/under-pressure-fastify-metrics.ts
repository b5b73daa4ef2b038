import fastify from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import underPressure from '@fastify/under-pressure'
import client from 'prom-client'
import { serveHello } from './hello.js'

const app = fastify()
await app.register(underPressure, { maxEventLoopDelay: 1000 })
await app.register(fastifyMetrics.default, { promClient: client })
await serveHello(app)
