import fastify from 'fastify'
import { serveHello } from '../http/hello.js'
import { peer } from './peer.js'

const { Registry } = peer('@platformatic/prom-client')
peer('@platformatic/http-metrics')(new Registry())

await serveHello(fastify())
