import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { connect } from '../fixtures/http.js'
import { startPostgres } from '../fixtures/postgres.js'
import { runService, startService } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const plant = (what: string) => `planted${what}9q8w7e`
const plants = [
  'password',
  'journaltoken',
  'managementtoken',
  'wrongtoken',
  'authorization',
  'cookie',
  'header',
  'query',
  'label',
  'annotation',
  'fingerprint',
  'group',
  'body',
  'url',
  'raised',
  'row'
].map(plant)
// What an answer may repeat to the client that sent it, but no log line tells.
const named = ['parameter', 'value', 'key', 'host', 'receiver'].map(plant)
// Parts of the queries themselves.
const sql = [
  'jsonb_to_recordset',
  'order by starts_at',
  'excluded.status',
  'cross join lateral',
  'pg_advisory_xact_lock',
  'from schema_migrations'
]

t.test('no secret, query or parameter is in anything that comes out', async t => {
  const database = await startPostgres(t)
  const url = String(Object.assign(new URL(database.url), { password: plant('password') }))
  const root = createClient({ url: database.url, poolSize: 1 })
  await root.unsafe(`alter role postgres password '${plant('password')}'`)
  await root.end()

  const tokens = { JOURNAL_TOKEN: plant('journaltoken'), MANAGEMENT_TOKEN: plant('managementtoken') }
  const service = await startService(t, {
    DATABASE_URL: url,
    LOG_LEVEL: 'trace',
    HEALTH_KEEP_MS: '0',
    METRICS_NAMES: 'fastify,django,otel',
    DATABASE_CONNECT_TIMEOUT_SECONDS: '1',
    JOURNAL_BODY_LIMIT_BYTES: '20000',
    ...tokens
  })
  const answers: string[] = []

  async function ask (path: string, { token = '', ...init }: RequestInit & { token?: string } = {}): Promise<number> {
    const headers = {
      cookie: plant('cookie'),
      'x-api-key': plant('header'),
      ...token && { authorization: `Bearer ${token}` },
      ...init.headers
    }
    const response = await fetch(service.origin + path, { ...init, headers })
    answers.push(
      JSON.stringify([...response.headers]),
      response.status === 200 && path.startsWith('/api') ? '' : await response.text()
    )
    return response.status
  }
  const store = async (body: string, type = 'application/json', token = plant('journaltoken')) =>
    await ask('/api/alerts', { method: 'POST', body, token, headers: { 'content-type': type } })
  let count = 0
  const planted = () => JSON.stringify(payload([alert({
    fingerprint: `${plant('fingerprint')}${count++}`,
    labels: {
      alertname: plant('label'),
      a: plant('label')
    },
    annotations: { a: plant('annotation') },
    generatorURL: plant('url')
  })], { groupKey: plant('group'), externalURL: plant('url'), receiver: plant('receiver'), truncatedAlerts: 1 }))
  const look = async () => {
    for (const path of ['/health/', '/health/ready/', '/health/live/', '/nowhere']) await ask(path)
    for (const path of ['/metrics/', '/docs', '/docs/json']) await ask(path, { token: plant('managementtoken') })
  }

  t.test('when all is well', async t => {
    t.equal(await store(planted()), 200)
    t.equal(await ask(`/api/alerts?name=${plant('query')}&label=a=${plant('label')}`), 200)
    t.equal(await ask(`/api/alerts/summary?severity=${plant('query')}`), 200)
    await look()
  })

  t.test('when a request is wrong', async t => {
    for (const token of [plant('wrongtoken'), '']) t.equal(await store(planted(), 'application/json', token), 401)
    t.equal(
      await ask('/metrics', {
        headers: { authorization: `Basic ${Buffer.from(`x:${plant('wrongtoken')}`).toString('base64')}` }
      }),
      401
    )
    t.equal(await ask('/metrics', { token: plant('authorization') }), 401)
    t.equal(await ask(`/api/alerts?${plant('parameter')}=1`), 400)
    t.equal(await store(planted().replaceAll('"status"', `"${plant('key')}"`)), 200)
    t.equal(await ask(`/nowhere?token=${plant('query')}`), 404)
    t.equal(await ask(`/api/alerts?cursor=${plant('query')}&from=${plant('value')}`), 400)
    t.equal(await ask(`/api/alerts?cursor=${plant('query')}`), 400)
    t.equal(await ask(`/api/alerts?status=${plant('value')}`), 400)
    t.equal(await ask(`/api/alerts?limit=${plant('value')}`), 400)
    t.equal(await ask(`/%zz?token=${plant('query')}`), 400)
    t.equal(await ask(`/api/alerts/${'9'.repeat(200)}?token=${plant('query')}`), 414)
    t.equal(await store(`{"${plant('body')}": ${plant('body')}}`), 400)
    t.equal(await store(planted().replaceAll('"firing"', `"${plant('body')}"`)), 200)
    t.equal(await store(planted().replace('"4"', `"${plant('body')}"`)), 400)
    t.equal(await store(planted() + ' '.repeat(20_000)), 413)
    t.equal(await store(plant('body'), `text/${plant('header')}`), 415)
    const { socket, statuses } = await connect(t, Number(new URL(service.origin).port))
    const named = await connect(t, Number(new URL(service.origin).port))
    named.socket.write(`GET /nowhere HTTP/1.1\r\nHost: ${plant('host')}\r\n\r\n`)
    t.same(await named.statuses(1), [404])
    socket.write(
      `GET /?${plant('query')} HTTP/1.1\r\nAuthorization: Bearer ${plant('authorization')}\r\n` +
      `Bad Header: ${plant('header')}\r\n\r\n`
    )
    t.same(await statuses(1), [400])
  })

  t.test('when the database refuses', async t => {
    const admin = createClient({ url, poolSize: 1 })
    const trigger = async (statements: string) => await admin.unsafe(`
      create or replace function refuse() returns trigger language plpgsql as $$ begin ${statements} return new; end $$;
      create or replace trigger refuse before insert on alerts for each row execute function refuse()`)
    for (const [code, statements] of [
      ['22P02', 'perform new.fingerprint::int;'],
      [
        'P0001',
        `raise exception 'no ${plant('raised')} %', ` +
        `new.labels using detail = '${plant('raised')}', hint = '${plant('raised')}';`
      ],
      ['42601', `execute 'selekt ''${plant('row')}''';`],
      ['23502', 'new.severity := null; new.name := null;'],
      ['23514', `new.status := '${plant('row')}';`]
    ] as const) {
      await trigger(statements)
      // What PostgreSQL refuses of an alert is refused; what it cannot do is an error.
      t.equal(await store(planted()), code.startsWith('2') ? 200 : 500, code)
      await until(
        `${code} in the log`,
        () => service.logged().includes(code.startsWith('2') ? `refuses it with ${code}` : `"code":"${code}"`)
      )
    }
    await admin.unsafe(
      'create or replace function refuse() returns trigger language plpgsql ' +
      `as $$ begin raise notice '% ${plant('raised')}', new.labels; return new; end $$`
    )
    t.equal(await store(planted()), 200)
    await admin`alter table alerts rename to gone`
    t.equal(await ask(`/api/alerts?name=${plant('query')}`), 503)
    await admin`alter table gone rename to alerts`
    await admin.end()
    await look()
  })

  t.test('when the database is away', async t => {
    await database.stop()
    t.equal(await store(planted()), 503)
    t.equal(await ask(`/api/alerts?name=${plant('query')}`), 503)
    await look()
    await look()
  })

  t.test('when it cannot start', async t => {
    const { host, port } = new URL(url)
    for (const environment of [
      { DATABASE_URL: url, ...tokens },
      { DATABASE_URL: url, ...tokens, PORT: 'x', JOURNAL_TOKEN: plant('journaltoken') },
      { DATABASE_URL: `mysql://a:${plant('password')}@${host}/db` },
      { DATABASE_URL: `postgres://a:${plant('password')}#@${host}/db` },
      { DATABASE_URL: `postgres://a:${plant('password')}@nowhere.invalid:${port}/db?passfile=${plant('query')}` }
    ]) {
      const { code, told, logged } = await runService(environment)
      t.equal(code, 1)
      t.match(told, /cannot start\./)
      answers.push(told, logged)
    }
  })

  t.test('then nothing of it is found', async t => {
    t.equal(await service.stop(), 0)
    const logged = service.logged()
    t.match(logged, /"level":10,/, 'all levels are logged')
    t.match(logged, /client error/)
    t.match(logged, /relation \\"alerts\\" does not exist/, 'what is harmless is told')
    for (const [where, text] of [
      ['the log', logged],
      ['standard error', service.told()],
      ['answers', answers.join('\n')]
    ] as const) {
      for (const secret of [...plants, ...sql, ...where === 'answers' ? [] : named]) {
        const at = text.toLowerCase().indexOf(secret)
        t.equal(
          at,
          -1,
          `${secret} is not in ${where}`,
          at === -1 ? {} : { found: text.slice(Math.max(0, at - 300), at + 100) }
        )
      }
    }
  })
})
