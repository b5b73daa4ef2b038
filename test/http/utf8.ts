import Fastify, { type FastifyReply } from 'fastify'
import t from 'tap'
import { refuseInvalidUtf8 } from '../../src/http/utf8.js'

t.test('text that is not UTF-8 is refused where it is read', async t => {
  const app = Fastify()
  refuseInvalidUtf8(app)
  const schema = { querystring: { type: 'object', properties: { a: { type: 'string' } } } }
  const own = async (_request: unknown, reply: FastifyReply) => { reply.header('x-own', 'ran') }
  app.get('/read', { schema, preValidation: own }, async () => 1)
  app.get('/unread', async () => 1)
  app.post('/', async ({ body }) => body)
  for (const [url, status] of [
    ['/read', 200], ['/read?a=%C3%A9', 200], ['/read?a=b', 200], ['/read?', 200],
    ['/read?a=%ff', 400], ['/read?a=%C3', 400], ['/read?a=%', 400], ['/read?%ff=b', 400],
    ['/unread?a=%ff', 200]
  ] as const) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, status, url)
    if (status === 400) t.match(body, /INVALID_UTF8.*querystring is not percent-encoded UTF-8/)
    else t.equal(headers['x-own'], url.startsWith('/read') ? 'ran' : undefined, url)
  }
  const post = async (payload: Buffer | string) => {
    const headers = { 'content-type': 'application/json' }
    const response = await app.inject({ method: 'POST', url: '/', payload, headers })
    return [response.statusCode, response.json()]
  }
  t.strictSame(await post('{"a":"é"}'), [200, { a: 'é' }])
  t.match(await post(Buffer.from('{"a":"\xff"}', 'latin1')), [400, { code: 'INVALID_UTF8' }])
  for (const text of ['{"__proto__":{}}', '{"constructor":{"prototype":{}}}', '{']) {
    t.match(await post(text), [400, {}], text)
  }
})
