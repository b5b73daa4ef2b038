import Fastify from 'fastify'
import t from 'tap'
import { compileWhenUsed } from '../../src/http/compile-when-used.js'

const schema = {
  body: { type: 'object', properties: { count: { type: 'integer', maximum: 10 } }, required: ['count'] },
  response: { 200: { type: 'object', properties: { count: { type: 'integer' } } } }
}

t.test('what is compiled when it is used checks and writes as what Fastify compiles at once', async t => {
  const answers = []
  for (const options of [{}, { schemaController: { compilersFactory: compileWhenUsed() } }]) {
    const app = Fastify(options)
    app.post('/', { schema }, async ({ body }) => ({ ...body as object, more: 'left out' }))
    app.post('/other', { schema: { body: { type: 'object', required: ['name'] } } }, async () => 'written as it is')
    const ask = async (url: string, payload: object) => {
      const { statusCode, body } = await app.inject({ method: 'POST', url, payload })
      return [statusCode, body]
    }
    answers.push([
      await ask('/', { count: 11 }),
      await ask('/', {}),
      await ask('/', { count: '7' }),
      await ask('/', { count: 8 }),
      await ask('/other', { name: '' }),
      await ask('/other', {})
    ])
    await app.close()
  }
  const [atOnce, whenUsed] = answers
  t.strictSame(whenUsed, atOnce)
  t.match(whenUsed, [
    [400, /body\/count must be <= 10/],
    [400, /must have required property 'count'/],
    [200, '{"count":7}'],
    [200, '{"count":8}'],
    [200, 'written as it is'],
    [400, /must have required property 'name'/]
  ])
})

t.test('a schema that cannot be compiled is not looked at before it is used', async t => {
  const app = Fastify({ schemaController: { compilersFactory: compileWhenUsed() } })
  app.post('/', { schema: { body: { type: 'nothing' } } }, async () => 'done')
  await app.ready()
  t.equal((await app.inject({ method: 'POST', url: '/', payload: {} })).statusCode, 500)
  await app.close()
})
