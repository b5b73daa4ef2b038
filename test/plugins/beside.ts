import { createRequire } from 'node:module'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import metrics from '../../plugins/metrics.js'
import postgres from '../../plugins/postgres.js'
import pressure from '../../plugins/pressure.js'

const require = createRequire(import.meta.url)
const peer = (name: string) => { const plugin = require(name); return plugin.default ?? plugin }
const url = 'postgres://nobody@127.0.0.1:1/none'

t.test('a plugin beside another that adds the same says which, and what to do', async t => {
  for (const [before, plugin, message] of [
    [
      app => app.register(peer('fastify-metrics'), { endpoint: '/theirs' }),
      app => app.register(metrics),
      'metrics cannot be registered here, for app.metrics has been added by another plugin, ' +
      'probably fastify-metrics: take that out, for metrics does what it does'
    ],
    [
      app => app.register(peer('@fastify/under-pressure')),
      app => app.register(pressure),
      'pressure cannot be registered here, for app.memoryUsage has been added by another plugin, ' +
      'probably @fastify/under-pressure: take that out, for pressure does what it does'
    ],
    [
      app => app.decorate('health', {} as never),
      app => app.register(health),
      'health cannot be registered here, for app.health has been added by another plugin: ' +
      'register only one of them, or each in a context of its own'
    ],
    [
      app => app.decorate('sql', {} as never),
      app => app.register(postgres, { url }),
      'postgres cannot be registered here, for app.sql has been added by another plugin: ' +
      'register only one of them, or each in a context of its own'
    ]
  ] as Array<[(app: FastifyInstance) => unknown, (app: FastifyInstance) => unknown, string]>) {
    const app = Fastify()
    t.teardown(async () => { await app.close() })
    await before(app)
    await t.rejects(async () => await plugin(app), { message })
  }
})

t.test('postgres is told from others also within a context', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.decorate('sql', {} as never)
  await t.rejects(
    async () => await app.register(async child => { await child.register(postgres, { url }) }),
    { message: /^postgres cannot be registered here/ }
  )
  const ours = Fastify()
  t.teardown(async () => { await ours.close() })
  await ours.register(postgres, { url })
  await ours.register(async child => { await child.register(postgres, { url, name: 'reports' }) })
  await t.resolves(async () => await ours.ready())
})
