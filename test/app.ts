import t, { type Test } from 'tap'
import { alert, payload } from './fixtures/alertmanager.js'
import { build } from './fixtures/app.js'
import { startPostgres } from './fixtures/postgres.js'

t.test('the service', async t => {
  const { url, stop, start } = await startPostgres(t)
  const app = await build(t, { DATABASE_URL: url, JOURNAL_BODY_LIMIT_BYTES: '10000', JOURNAL_TOKEN: 'a-token' })
  const post = async (body: object) =>
    await app.inject({
      method: 'POST',
      url: '/api/alerts',
      headers: { authorization: 'Bearer a-token' },
      payload: body
    })

  t.test('answers JSON where there is no route', async t => {
    for (const [method, path] of [['GET', '/nowhere'], ['DELETE', '/api/alerts'], ['GET', '/%zz']] as const) {
      const response = await app.inject({ method, url: path })
      t.match(response.headers['content-type'], /^application\/json/, path)
      t.match(response.json(), { statusCode: Number, error: String, message: String }, path)
    }
    t.match((await app.inject('/nowhere?secret=1')).json(), {
      statusCode: 404,
      code: 'NOT_FOUND',
      message: 'There is no GET /nowhere: /docs lists what there is'
    })
  })

  t.test('does not send anybody to documents that are not served', async t => {
    const plain = await build(t, { DATABASE_URL: url, DOCS: 'false' })
    t.equal((await plain.inject('/docs')).json().message, 'There is no GET /docs')
  })

  t.test('tells nothing of what a handler throws, whatever that is', async t => {
    const thrower = await buildThrower(t)
    for (const path of ['/null', '/undefined', '/text', '/number']) {
      const response = await thrower.inject(path)
      t.equal(response.statusCode, 500, path)
      t.strictSame(
        response.json(),
        {
          statusCode: 500,
          code: 'INTERNAL',
          error: 'Internal Server Error',
          message: 'Something went wrong in the service; its log says what'
        },
        path
      )
    }
  })

  t.test('refuses a body that is too large with 413', async t => {
    const response = await post({ ...payload(), groupKey: 'x'.repeat(10_000) })
    t.equal(response.statusCode, 413)
    t.match(response.json(), { statusCode: 413, code: 'FST_ERR_CTP_BODY_TOO_LARGE' })
  })

  t.test('refuses what is not UTF-8', async t => {
    const body = (label: string) =>
      Buffer.from(
        JSON.stringify(payload([
          alert({ fingerprint: 'text', labels: { alertname: 'LABEL' } })
        ])).replace('LABEL', label),
        'latin1'
      )
    const store = async (body: Buffer) =>
      await app.inject({
        method: 'POST',
        url: '/api/alerts',
        headers: { authorization: 'Bearer a-token', 'content-type': 'application/json; charset=utf-8' },
        payload: body
      })
    const refused = await store(body('caf\xe9'))
    t.equal(refused.statusCode, 400)
    t.match(refused.json(), { code: 'INVALID_UTF8', message: 'body is not valid UTF-8' })
    t.equal((await store(body('caf\xc3\xa9'))).statusCode, 200)
    for (const query of ['name=%ff', 'name=%zz', 'name=a&%e9=1']) {
      const response = await app.inject(`/api/alerts?${query}`)
      t.equal(response.statusCode, 400, query)
      t.match(response.json(), { code: 'INVALID_UTF8', message: 'querystring is not percent-encoded UTF-8' })
    }
    t.match((await app.inject('/api/alerts?name=caf%C3%A9')).json(), { alerts: [{ name: 'café' }] })
  })

  t.test('names the field and the reason of bad input', async t => {
    const response = await post({ ...payload(), version: '3' })
    t.equal(response.statusCode, 400)
    t.match(response.json().message, /body\/version must be "4"/)
    const { message } = (await app.inject('/api/alerts?limit=0')).json()
    t.equal(message, 'querystring/limit must be a whole number from 1 to 200, but is 0')
    t.match((await app.inject('/api/alerts?sevrity=x')).json().message, /querystring\/sevrity is not known here/)
  })

  t.test('asks for the token, and says so in its document', async t => {
    t.equal((await app.inject({ method: 'POST', url: '/api/alerts', payload: payload() })).statusCode, 401)
    t.match((await app.inject('/docs/json')).json(), {
      components: { securitySchemes: { token: { scheme: 'bearer' } } },
      paths: { '/api/alerts': { post: { security: [{ token: [] }] } }, '/health/ready': { get: {} } }
    })
    t.match((await app.inject('/docs')).body, /<title>/)
  })

  t.test('answers 503 with Retry-After while the database is away, and works again after', async t => {
    await stop()
    for (const response of [
      await post(payload()),
      await app.inject('/api/alerts'),
      await app.inject('/api/alerts/summary')
    ]) {
      t.equal(response.statusCode, 503)
      t.equal(response.headers['retry-after'], '5')
      t.match(response.json(), {
        code: 'DATABASE_UNAVAILABLE',
        message: 'The database cannot serve this now: try again in 5 seconds'
      })
    }
    await start()
    t.match((await post(payload())).json(), { created: 1 })
  })

  t.test('tells nothing of an error of its own', async t => {
    const lines: string[] = []
    const broken = await build(t, { DATABASE_URL: url }, { write: (line: string) => { lines.push(line) } })
    await broken.sql`alter table alerts alter column received_at drop default, alter column received_at type text`
    const response = await broken.inject('/api/alerts')
    t.equal(response.statusCode, 500)
    t.same(response.json(), {
      statusCode: 500,
      code: 'INTERNAL',
      error: 'Internal Server Error',
      message: 'Something went wrong in the service; its log says what'
    })
    t.match(lines.join(''), /function pg_catalog\.timezone\(unknown, text\) does not exist/)
  })
})

async function buildThrower (t: Test) {
  const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
  for (const [path, thrown] of [
    ['/null', null],
    ['/undefined', undefined],
    ['/text', 'hunter2'],
    ['/number', 7]
  ] as const) {
    app.get(path, async () => { throw thrown })
  }
  return app
}
