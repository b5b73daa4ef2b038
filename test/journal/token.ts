import Fastify from 'fastify'
import t from 'tap'
import journal from '../../src/journal/routes.js'
import { createClient } from '../../src/postgres/client/client.js'
import { migrate, readMigrations } from '../../src/postgres/migrate.js'
import { payload } from '../fixtures/alertmanager.js'
import { startPostgres } from '../fixtures/postgres.js'

t.test('a journal with a token', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url })
  t.teardown(async () => { await sql.end() })
  await migrate(sql, await readMigrations('src/journal/migrations'))
  const app = Fastify()
  await app.register(journal, { prefix: '/api/alerts', sql, token: 'a secret' })
  const post = async (authorization?: string, body: object = payload()) => await app.inject({
    method: 'POST',
    url: '/api/alerts',
    payload: body,
    headers: {
      ...(authorization !== undefined && { authorization })
    }
  })

  t.test('stores alerts for who sends it', async t => {
    t.equal((await post('Bearer a secret')).statusCode, 200)
    t.equal((await post('bearer a secret')).statusCode, 200)
  })

  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer a',
    'Bearer a secret2',
    'Basic a secret',
    `Basic ${Buffer.from(':a secret').toString('base64')}`,
    `Basic ${Buffer.from('a:a secret').toString('base64')}`,
    'a secret'
  ]) {
    t.test(`refuses the header ${header}, before it looks at the body`, async t => {
      const response = await post(header, { not: 'a payload' })
      t.equal(response.statusCode, 401)
      t.equal(response.headers['www-authenticate'], 'Bearer')
      t.match(response.json(), {
        statusCode: 401,
        code: 'TOKEN_REQUIRED',
        error: 'Unauthorized',
        message: 'Send the header "authorization: Bearer <token>" with the token that this service was started with'
      })
    })
  }

  t.test('lets everyone read', async t => {
    for (const path of ['', '/summary', '/1']) {
      t.equal((await app.inject({ url: `/api/alerts${path}` })).statusCode, 200, path)
    }
  })
})
