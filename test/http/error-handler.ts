import Fastify from 'fastify'
import t from 'tap'
import { createErrorHandler } from '../../src/http/error-handler.js'
import { describeError } from '../../src/log.js'

const internal = {
  statusCode: 500,
  code: 'INTERNAL',
  error: 'Internal Server Error',
  message: 'Something went wrong in the service; its log says what'
}

t.test('whatever a handler throws is answered with 500 that tells nothing, and logged', async t => {
  const lines: string[] = []
  const stream = { write: (line: string) => { lines.push(line) } }
  const app = Fastify({ logger: { level: 'error', stream, serializers: { err: describeError } } })
  app.setErrorHandler(createErrorHandler(() => false))
  t.teardown(async () => { await app.close() })
  const thrown: Record<string, unknown> = {
    null: null, undefined, string: 'hunter2', number: 7, object: { password: 'hunter2' }, Error: new Error('hunter2')
  }
  for (const [name, value] of Object.entries(thrown)) {
    app.get(`/async/${name}`, async () => { throw value })
    app.get(`/sync/${name}`, () => { throw value })
  }
  await app.ready()

  for (const name of Object.keys(thrown)) {
    for (const how of ['async', 'sync']) {
      lines.length = 0
      const answer = await app.inject(`/${how}/${name}`)
      t.equal(answer.statusCode, 500, `${how} ${name}`)
      t.strictSame(answer.json(), internal, `${how} ${name}`)
      const [line, ...more] = lines.map(line => JSON.parse(line))
      t.strictSame(more, [], `${how} ${name}: one line`)
      const type = name === 'undefined' ? 'null' : name
      t.match(line, { msg: 'Request failed', err: { type, message: String } }, `${how} ${name}`)
      if (name !== 'Error') t.notMatch(JSON.stringify(line), /hunter2/, `${how} ${name}`)
    }
  }
})
