import Fastify from 'fastify'
import t from 'tap'
import { invalidInput } from '../../src/journal/constraints.js'
import { encodeCursor } from '../../src/journal/cursor.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

t.test('bad input is 400 with the field and the reason', async t => {
  const { app, post, get, list } = await startJournal(t)

  const without = (name: string) => ({ ...payload(), [name]: undefined })
  const bodies: Array<[string, object | string, RegExp, RegExp?]> = [
    ['no object', '[]', /body must be object/],
    ['null', 'null', /body\/alerts must be array/],
    ['no JSON', '{', /JSON/],
    ['no alerts', without('alerts'), /body\/alerts must be array/],
    ['another version', { ...payload(), version: '5' }, /body\/version must be "4", as of Alertmanager, or "1"/],
    ['alerts that are no array', { ...payload(), alerts: { 0: alert() } }, /body\/alerts must be array/]
  ]
  for (const [title, body, field, reason = field] of bodies) {
    t.test(`POST with ${title}`, async t => {
      const response = await post(body)
      t.match(response, { status: 400, body: { statusCode: 400, code: String, error: 'Bad Request', message: field } })
      t.match(response.body.message, reason)
    })
  }

  const cursor = (text: string) => Buffer.from(text).toString('base64url')
  const last = '2026-01-01T00:00:00.000000Z'
  const notACursor = /querystring\/cursor is not a cursor of this service/
  const queries: Array<[string, Record<string, string | string[]>, RegExp]> = [
    ['', { nme: 'a' }, /querystring\/nme is not known here/],
    ['', { [`x${'y'.repeat(200)}`]: 'a' }, /querystring\/xy{99} is not known here/],
    ['?__proto__=a', {}, /querystring\/__proto__ is not known here/],
    ['', { name: ['a', 'b'] }, /querystring\/name must be string/],
    ['', { name: 'a\u0000' }, /querystring\/name must not contain the character NUL/],
    ['', { status: 'gone' }, /querystring\/status must be one of firing, resolved, stale/],
    ['', { label: 'web-1' }, /querystring\/label\/0 must have the form name=value/],
    ['', { label: ['a=b', '=web-1'] }, /querystring\/label\/1 must have the form name=value/],
    ['', { label: 'a=\u0000' }, /querystring\/label\/0 must have the form/],
    ['', { label: Array(21).fill('a=b') }, /querystring\/label must NOT have more than 20/],
    ...[
      '0',
      '201',
      '-1',
      '1.5',
      'many',
      '1e400'
    ].map((limit): [string, { limit: string }, RegExp] => ['', { limit }, /querystring\/limit must be/]),
    ...[
      '',
      'infinity',
      '2026-13-01T00:00:00Z',
      '20000-01-01T00:00:00Z',
      '2026-01-01T00:00:00 02:00'
    ].flatMap((text): Array<[string, Record<string, string>, RegExp]> => [
      [
        '',
        { from: text },
        /querystring\/from must be an RFC 3339/
      ], ['/summary', { to: text }, /querystring\/to must be an RFC 3339/]
    ]),
    ['', { from: last, to: last }, /querystring\/from must be at least a millisecond before/],
    ['/summary', { from: '2027-01-01T00:00:00Z', to: last }, /querystring\/from must be at least a millisecond before/],
    ['/summary', { limit: '5' }, /querystring\/limit is not known here/],
    ...[
      '', 'x', '%', cursor('null'), cursor(`${last}/0`), cursor(`${last}/1' or true`), cursor(
        `${last}/9223372036854775808`
      ), cursor(`${last}/${'9'.repeat(50)}`),
      cursor('2026-02-30T00:00:00.000000Z/1'), cursor(
        '2026-13-01T00:00:00.000000Z/1'
      ), cursor('infinity/1'), cursor(`${last}/1/2`), cursor(`${last}\u0000/1`),
      `${cursor(`${last}/1`)}=`, `${cursor(`${last}/1`)}!`
    ].map((text): [string, { cursor: string }, RegExp] => ['', { cursor: text }, notACursor]),
    ...[
      '0',
      '-1',
      '1.5',
      '01',
      'x',
      "1' or true",
      '9223372036854775808',
      '9'.repeat(30),
      '%00'
    ].map((id): [string, object, RegExp] => (
      [
        `/${encodeURI(id)}`,
        {},
        /params\/id must be a whole number from 1 to 9223372036854775807/
      ])) as Array<[string, Record<string, string>, RegExp]>
  ]
  for (const [path, query, message] of queries) {
    t.test(`GET ${path}?${JSON.stringify(query).slice(0, 100)}`, async t => {
      t.match(await get(path, query), {
        status: 400,
        body: { statusCode: 400, code: 'INVALID_INPUT', error: 'Bad Request', message }
      })
    })
  }

  t.test('and nothing of it is stored, while the edges of what is allowed are', async t => {
    t.strictSame(await list(), [])
    t.match(
      await get('', {
        cursor: encodeCursor({ startsAt: last, id: '9223372036854775807' }),
        from: '1970-01-01T00:00:00+14:00',
        to: '2999-12-31T23:59:59.999999999-14:59'
      }),
      { status: 200 }
    )
    const name = '🚨'.repeat(300)
    const edges = [
      alert({
        startsAt: '1970-01-01T00:00:00+14:59',
        labels: { alertname: name, severity: name }
      }), alert({
        startsAt: '2999-12-31T23:59:59.999999999-14:59'
      }), alert({ fingerprint: 'f'.repeat(64), annotations: { long: 'x'.repeat(500_000) } })
    ]
    t.match(await post(payload(edges)), { status: 200, body: { created: 3, refused: 0 } })
    t.match((await list({ limit: '1' }))[0]?.startsAt, '3000-01-01T14:59:00.000000Z')
    const next = (await get('', { limit: '1' })).body.next as string
    t.match(await get('', { cursor: next }), { status: 200, body: { alerts: [{}, { name }] } })
  })

  t.test('what a URL has that cannot be used is shown, cut short and without what acts on a terminal', async t => {
    const limit = 'querystring/limit must be a whole number from 1 to 200, but is'
    const from = 'querystring/from must be an RFC 3339 time between the years 1970 and 2999, ' +
      'such as 2026-01-31T12:00:00.123Z, but is'
    for (const [path, query, message] of [
      ['', { limit: '0' }, `${limit} 0`],
      ['', { limit: '201' }, `${limit} 201`],
      ['', { limit: '1.5' }, `${limit} "1.5"`],
      ['', { limit: 'many' }, `${limit} "many"`],
      ['', { limit: '' }, `${limit} ""`],
      ['', { limit: 'x'.repeat(41) }, `${limit} "${'x'.repeat(40)}…"`],
      ['', { limit: '"\\\u001b[31m\u009b\u202e\ue000한' }, `${limit} "\\"\\\\\\u001b[31m\\u009b\\u202e\\ue000한"`],
      ['', { limit: `${'x'.repeat(39)}🚨` }, `${limit} "${'x'.repeat(39)}\\ud83d…"`],
      ['', { limit: '\u{e0001}' }, `${limit} "\\udb40\\udc01"`],
      ['', { limit: '1e400' }, 'querystring/limit must be a whole number, but is Infinity'],
      ['', { status: 'gone' }, 'querystring/status must be one of firing, resolved, stale, but is "gone"'],
      ['', { from: 'now' }, `${from} "now"`],
      ['/x', {}, 'params/id must be a whole number from 1 to 9223372036854775807, but is "x"']
    ] as const) t.equal((await get(path, query)).body.message, message)
    t.equal(
      (await post({ ...payload(), version: '5' })).body.message,
      'body/version must be "4", as of Alertmanager, or "1", as of Grafana',
      'a text of a body, which may be secret, is not'
    )
  })

  t.test('methods that a path does not have are 405 and name those that it has', async t => {
    for (const [url, allow, words] of [
      ['/api/alerts', 'GET, HEAD, POST', 'GET, HEAD and POST'],
      ['/api/alerts/', 'GET, HEAD, POST', 'GET, HEAD and POST'],
      ['/api/alerts/summary', 'GET, HEAD', 'GET and HEAD'],
      ['/api/alerts/1', 'GET, HEAD', 'GET and HEAD']
    ] as const) {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
        const { statusCode, headers, body } = await app.inject({ method, url, payload: 'x' })
        t.equal(statusCode, 405, `${method} ${url}`)
        t.equal(headers.allow, allow)
        t.match(JSON.parse(body), { code: 'METHOD_NOT_ALLOWED', message: `Only ${words} are answered here` })
      }
    }
  })

  t.test('an alert that does not exist is 404', async t => {
    for (const id of ['123456', '9223372036854775807']) {
      t.match(await get(`/${id}`), {
        status: 404,
        body: { statusCode: 404, code: 'ALERT_NOT_FOUND', message: `There is no alert with the id ${id}` }
      })
    }
  })

  t.test('a body that is too large is 413', async t => {
    const response = await app.inject({
      method: 'POST',
      url: '/api/alerts',
      payload: payload([alert({ annotations: { a: 'x'.repeat(2 ** 24) } })])
    })
    t.equal(response.statusCode, 413)
  })
})

t.test('a wrong text is shown of the URL, and not of the body, which may be secret; a number is of both', async t => {
  const app = Fastify({ schemaErrorFormatter: invalidInput, ajv: { customOptions: { verbose: true } } })
  const fields = { type: 'object', properties: { kind: { enum: ['a', 'b'] } } }
  app.post('/', { schema: { querystring: fields, body: fields } }, async () => 'taken')
  const refused = async (query: object, payload: object) =>
    (await app.inject({ method: 'POST', url: '/', query: { ...query }, payload })).json().message
  t.equal(await refused({ kind: 'shown' }, {}), 'querystring/kind must be one of a, b, but is "shown"')
  t.equal(await refused({}, { kind: 'hunter2' }), 'body/kind must be one of a, b')
  t.equal(await refused({}, { kind: 7 }), 'body/kind must be one of a, b, but is 7')
})
