import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { furtherServers } from '../../src/http/further-servers.js'
import { twoAddresses } from '../fixtures/addresses.js'

t.test('the further servers of an app are known in each of its contexts, once it listens', async t => {
  twoAddresses(t)
  const app = Fastify()
  let inner: FastifyInstance | undefined
  await app.register(async app => { inner = app })
  t.teardown(async () => { await app.close() })
  t.strictSame([...furtherServers(app)], [])
  await app.listen({ port: 0 })
  const further = (app.addresses() as AddressInfo[]).length - 1
  for (const context of [app, inner as FastifyInstance]) {
    t.equal(furtherServers(context).length, further)
    t.notOk(furtherServers(context).includes(app.server))
  }
})
