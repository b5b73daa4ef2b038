import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { createInnerApp } from '../../src/http/inner-app.js'

/** An inner app that is built as often as it is asked for, and counts that. */
function inner () {
  const counted = { built: 0, closed: 0 }
  const build = async (): Promise<FastifyInstance> => {
    if (++counted.built === 1) throw new Error('Not yet')
    const app = Fastify()
    app.get('/inner/page', async ({ query, headers }, reply) => {
      const ofTheConnection = { connection: 'inner', 'keep-alive': 'inner', date: 'inner' }
      reply.code(203).headers(ofTheConnection).header('x-page', 'yes').type('text/plain')
      return `${JSON.stringify(query)} ${headers['x-asked']}`
    })
    app.get('/inner/stream', async () => Readable.from(['in ', 'pieces']))
    app.addHook('onClose', async () => { counted.closed++ })
    return app
  }
  return { counted, build }
}

t.test('an inner app is built when it is first asked for, again if that failed, and ends with the outer', async t => {
  const { counted, build } = inner()
  const app = Fastify()
  app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send('not here'))
  app.get('/inner/*', createInnerApp(app, build))
  app.setErrorHandler(async (error, _request, reply) => await reply.code(500).send((error as Error).message))
  await app.ready()
  t.strictSame(counted, { built: 0, closed: 0 })

  const failed = await app.inject('/inner/page')
  t.strictSame([failed.statusCode, failed.body], [500, 'Not yet'])

  const found = await app.inject({ url: '/inner/page?a=b', headers: { 'x-asked': 'so' } })
  t.strictSame([found.statusCode, found.body], [203, '{"a":"b"} so'])
  t.match(found.headers, { 'x-page': 'yes', 'content-type': 'text/plain' })
  t.notMatch(found.headers, { connection: 'inner' })
  t.notMatch(found.headers, { 'keep-alive': 'inner' })
  t.notMatch(found.headers, { date: 'inner' })

  const head = await app.inject({ method: 'HEAD', url: '/inner/page' })
  t.match(head, { statusCode: 203, body: '', headers: { 'x-page': 'yes', 'content-length': '12' } })

  const { body, headers } = await app.inject('/inner/stream')
  t.strictSame([body, headers['transfer-encoding'], headers['content-length']], ['in pieces', undefined, '9'])

  const missing = await app.inject('/inner/other')
  t.strictSame([missing.statusCode, missing.body], [404, 'not here'])
  t.strictSame(counted, { built: 2, closed: 0 })

  await app.close()
  t.strictSame(counted, { built: 2, closed: 1 })
})

t.test('an app closes whose inner app was never asked for, or could not be built', async t => {
  for (const asked of [false, true]) {
    const { counted, build } = inner()
    const app = Fastify()
    app.get('/inner/*', createInnerApp(app, build))
    if (asked) t.equal((await app.inject('/inner/page')).statusCode, 500)
    await app.close()
    t.strictSame(counted, { built: asked ? 1 : 0, closed: 0 })
  }
})
