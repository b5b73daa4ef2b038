import Fastify from 'fastify'
import t from 'tap'
import { deferRequestLoggers } from '../../src/http/request-logger.js'

t.test('each request has a logger with its id, the level of its route and its serializers', async t => {
  const lines: Array<{ reqId?: string, msg: string, secret?: string }> = []
  const stream = { write: (line: string) => { lines.push(JSON.parse(line)) } }
  const app = Fastify({ logger: { level: 'info', stream } })
  deferRequestLoggers(app.log)
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
  app.get('/changed', { logLevel: 'warn' }, async request => {
    const log = request.log as typeof request.log & {
      isLevelEnabled: (level: string) => boolean,
      setBindings: (bindings: object) => void
    }
    t.equal(log.isLevelEnabled('info'), false)
    log.level = 'debug'
    log.child({ part: 'one' }).debug('of a child')
    log.setBindings({ user: 'ada' })
    log.info('with more bindings')
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

  t.equal(await get('/changed'), 'debug')
  t.match(lines.slice(-3), [
    { reqId: 'req-6', part: 'one', msg: 'of a child' },
    { reqId: 'req-6', user: 'ada', msg: 'with more bindings' },
    { reqId: 'req-6', user: 'ada', msg: 'request completed' }
  ])
  t.equal(await get('/quiet'), 'warn', 'the others of the level have it as before')

  app.log.child({ elsewhere: true }, { msgPrefix: 'prefix: ' }).warn('as ever')
  t.match(lines.at(-1), { elsewhere: true, msg: 'prefix: as ever' })
})
