import { channel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import pressure from '../../plugins/pressure.js'
import { finishedOf, listen, measured } from '../fixtures/http.js'

const { LogController } = createRequire(import.meta.url)('fastify') as {
  LogController: new () => { incomingRequest: (...args: unknown[]) => void }
}

async function build (options: object, plugins = true): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify(options)
  if (plugins) for (const plugin of [metrics, health, pressure]) await app.register(plugin as typeof metrics)
  app.get('/', async () => 'done')
  return app
}

const listenersOf = (emitter: EventEmitter) =>
  Object.fromEntries(emitter.eventNames().map(name => [String(name), emitter.listenerCount(name)]))

t.test('nothing of an app stays with what it shares with others once it is closed', async t => {
  const logController = new LogController()
  const processBefore = listenersOf(process)
  const finish = channel('http.server.response.finish')
  const alive = await build({ logController })
  // A server that apps share one after another; Fastify itself leaves some listeners with it.
  const [ours, bare] = [createServer().setMaxListeners(0), createServer().setMaxListeners(0)]
  for (let count = 0; count < 30; count++) {
    const apps = [
      await build({ logController, serverFactory: () => ours }),
      await build({ serverFactory: () => bare }, false)
    ]
    for (const app of apps) {
      if (count % 10 === 0) await listen(app)
      t.equal((await app.inject('/')).statusCode, 200)
      await app.close()
    }
  }
  t.strictSame(listenersOf(ours), listenersOf(bare))
  t.ok(Object.hasOwn(logController, 'incomingRequest'), 'one still listens')
  t.equal((await alive.inject('/')).statusCode, 200)
  t.strictSame(finishedOf(alive), { 'GET / 200': 1 })
  await alive.close()
  t.notOk(Object.hasOwn(logController, 'incomingRequest'), 'the log controller is as it was')
  t.equal(finish.hasSubscribers, false)
  for (const [name, count] of Object.entries(listenersOf(process))) {
    t.ok(count <= (processBefore[name] ?? 0), `${name}: ${count}`)
  }
})

t.test('what others put around a log controller meanwhile is kept, and later ones still hear', async t => {
  const logController = new LogController()
  const first = await build({ logController })
  const ours = logController.incomingRequest
  let told = 0
  logController.incomingRequest = function (...args) {
    told++
    ours.apply(this, args)
  }
  await first.close()
  const second = await measured(t, {}, { logController })
  second.get('/', async () => 'done')
  await second.inject('/')
  t.equal(told, 1)
  t.strictSame(finishedOf(second), { 'GET / 200': 1 })
})
