import fastify from 'fastify'
import { recordByHand } from '../http/by-hand.js'
import { serveHello } from '../http/hello.js'
import { peer } from './peer.js'

const app = fastify()
recordByHand(app, peer('@prometheus-io/client'))
await serveHello(app)
