import fastify from 'fastify'
import { serveHello } from './hello.js'

await serveHello(fastify())
