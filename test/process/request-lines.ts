import Fastify from 'fastify'
import t from 'tap'
import { createRequestLines } from '../../src/process/request-lines.js'

t.test('a terminal gets one line for each request, and the others as they are', async t => {
  const shown: string[] = []
  const one = createRequestLines()
  const app = Fastify({ logger: { stream: { write: (line: string) => { shown.push(...[one(line) ?? []].flat()) } } } })
  t.teardown(async () => { await app.close() })
  app.get('/thing', async ({ log }) => {
    log.warn('something')
    return 'a thing'
  })
  await app.inject('/thing?of=mine')
  const lines = shown.map(line => JSON.parse(line))
  t.match(lines, [
    { level: 40, msg: 'something', reqId: 'req-1' },
    { level: 30, msg: /^GET \/thing\?of=mine 200 in \d+\.\d ms$/, req: undefined, res: undefined, reqId: undefined }
  ])
  t.equal(lines.length, 2)
})

t.test('what it cannot read, or has not heard the begin of, is shown as it is', async t => {
  const one = createRequestLines()
  for (const line of [
    'no JSON',
    '{"msg":"started"}',
    '{"msg":"request completed","reqId":"req-1","res":{"statusCode":200}}'
  ]) t.equal(one(line), line)
})
