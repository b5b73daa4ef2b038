import t from 'tap'
import { refusedParameter } from '../../src/postgres/refused-parameter.js'
import { isUnavailable, unreadyReasonOf } from '../../src/postgres/unavailable.js'

const failure = (code: unknown) => Object.assign(new Error(), { code })

/** Each code that says that asking again later may succeed, with what readiness says of it. */
const later = {
  database_unreachable: [
    'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
    'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'TLS_NOT_SUPPORTED',
    'WRONG_SESSION_ATTRIBUTES', 'ACQUIRE_TIMEOUT', 'QUERY_TIMEOUT', '57014', '55P03', '40P01', '40001', '57P01',
    '57P02', '57P03', '25006', '08006', '53100', '53300'
  ],
  database_login_refused: ['28000', '28P01'],
  database_missing: ['3D000', '57P04'],
  schema_missing: ['3F000', '42P01', '42703'],
  database_permission_denied: ['42501']
}

t.test('what passes, or can be mended outside of the service, is unavailable, and readiness says why', async t => {
  for (const [reason, codes] of Object.entries(later)) {
    for (const code of codes) {
      t.ok(isUnavailable(failure(code)), code)
      t.equal(unreadyReasonOf(failure(code)), reason, code)
    }
  }
})

t.test('a parameter of the URL that the server or a pooler refuses is a reason of its own', async t => {
  for (const [code, message, name] of [
    ['42704', 'unrecognized configuration parameter "schema"', 'schema'],
    ['42704', 'nicht erkannter Konfigurationsparameter »schema«', 'schema'],
    ['22023', 'invalid value for parameter "search_path": "a b"', 'search_path'],
    ['55P02', 'parameter "ssl" cannot be changed now', 'ssl'],
    ['08P01', 'unsupported startup parameter: geqo', 'geqo'],
    ['08P01', 'unsupported startup parameter in options: geqo', 'geqo']
  ] as const) {
    const error = Object.assign(new Error(message), { code, severity: 'FATAL' })
    t.equal(refusedParameter(error), name)
    t.ok(isUnavailable(error))
    t.equal(unreadyReasonOf(error), 'database_parameter_refused')
  }
  for (const error of [
    Object.assign(new Error('type "nowhere" does not exist'), { code: '42704', severity: 'ERROR' }),
    Object.assign(new Error('permission denied for database "shop"'), {
      code: '42501',
      severity: 'FATAL',
      routine: 'CheckMyDatabase'
    }),
    Object.assign(new Error('invalid message format'), { code: '08P01', severity: 'FATAL' }),
    null
  ]) t.equal(refusedParameter(error), undefined)
})

t.test('what asking again does not mend is not', async t => {
  for (const error of [
    ...['', '23505', '42601', '22P02', 'X08006', '080061', '53', 'constructor', 53300, undefined].map(failure),
    new Error(),
    null,
    undefined
  ]) t.notOk(isUnavailable(error), String((error as { code?: unknown } | null | undefined)?.code))
  t.equal(unreadyReasonOf(new Error()), 'database_unreachable')
})
