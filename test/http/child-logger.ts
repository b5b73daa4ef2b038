import Fastify from 'fastify'
import t from 'tap'
import { createChildLoggerFactory } from '../../src/http/child-logger.js'

t.test('each request has a logger with its id, the level of its route and its serializers', async t => {
  const lines: Array<{ reqId?: string, msg: string, secret?: string }> = []
  const stream = { write: (line: string) => { lines.push(JSON.parse(line)) } }
  const app = Fastify({ logger: { level: 'info', stream }, childLoggerFactory: createChildLoggerFactory() })
  t.teardown(async () => { await app.close() })

  app.get('/quiet', { logLevel: 'warn' }, async ({ log }) => {
    log.info('not told')
    log.warn('told')
    return log.level
  })
  app.get('/quieter', { logLevel: 'error' }, async ({ log }) => {
    log.warn('not told')
    return log.level
  })
  app.get('/loud', { logSerializers: { secret: () => 'hidden' } }, async ({ log }) => {
    log.info({ secret: 'shown' }, 'serialized')
    return log.level
  })
  app.get('/both', { logLevel: 'warn', logSerializers: { secret: () => 'hidden' } }, async ({ log }) => {
    log.warn({ secret: 'shown' }, 'both')
    return log.level
  })

  const get = async (url: string) => (await app.inject(url)).body
  t.equal(await get('/quiet'), 'warn')
  t.equal(await get('/quiet'), 'warn')
  t.match(lines, [{ reqId: 'req-1', msg: 'told' }, { reqId: 'req-2', msg: 'told' }])
  t.equal(await get('/quieter'), 'error')
  t.equal(lines.length, 2)
  t.equal(await get('/loud'), 'info')
  t.match(lines.slice(2).map(({ msg }) => msg), ['incoming request', 'serialized', 'request completed'])
  t.match(lines[3], { reqId: 'req-4', secret: 'hidden' })
  t.equal(await get('/both'), 'warn')
  t.match(lines.at(-1), { reqId: 'req-5', msg: 'both', secret: 'hidden' })
})
