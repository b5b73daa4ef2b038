import t from 'tap'
import { createClient, type Sql } from '../../src/postgres/client/client.js'
import { tlsConflict } from '../../src/postgres/tls-conflict.js'

const base = 'postgres://me@db/shop'
const asked: Record<string, number> = {
  '': 0,
  'ssl=false': 0,
  'ssl=prefer': 1,
  'ssl=require': 2,
  'ssl=true': 3,
  'sslmode=disable': 0,
  'sslmode=allow': 1,
  'sslmode=prefer': 1,
  'sslmode=require': 2,
  'sslmode=verify-ca': 3,
  'sslmode=verify-full': 3,
  'sslrootcert=system': 3
}

/** How much TLS the connections of a client have. */
function strengthOf ({ options }: Sql): number {
  const ssl: unknown = options.ssl
  if (ssl === false) return 0
  if (ssl === 'allow' || ssl === 'prefer') return 1
  const isUnverified = ssl === 'require' || (ssl as { rejectUnauthorized?: boolean }).rejectUnauthorized === false
  return isUnverified ? 2 : 3
}

t.test('what is refused is all of which a client would have less TLS than something asks for, and no more', async t => {
  const options = [
    {},
    ...(['disable', 'require', 'verify-full'] as const).map(tls => ({ tls })),
    ...[false, true, 'prefer', 'require', 'verify-full', {}, { rejectUnauthorized: false }, { ca: 'x' }]
      .map(ssl => ({ driver: { ssl } as object }))
  ]
  let refused = 0
  for (const [one, strength] of Object.entries(asked)) {
    for (const [other, more] of Object.entries(asked)) {
      for (const option of options) {
        const given = { url: `${base}?${[one, other].filter(Boolean).join('&')}`, ...option }
        const sql = createClient(given)
        const conflict = tlsConflict(given)
        const isWeaker = strengthOf(sql) < Math.max(strength, more)
        t.equal(conflict !== undefined, isWeaker, JSON.stringify(given))
        if (conflict !== undefined) refused++
        await sql.end()
      }
    }
  }
  t.ok(refused > 100)
})

t.test('it says what counts, what asks for more, and what would come of it', async t => {
  const disable = { of: 'tls', text: "'disable'" }
  for (const [given, conflict] of [
    [
      { url: `${base}?sslmode=verify-full`, tls: 'disable' },
      {
        counts: disable,
        asked: { of: 'the URL', text: 'sslmode=verify-full' },
        effect: 'connections would not be encrypted'
      }
    ],
    [
      { url: `${base}?sslmode=prefer&ssl=true` },
      {
        counts: { of: 'the URL', text: 'sslmode=prefer' },
        asked: { of: 'the URL', text: 'ssl=true' },
        effect: 'connections would not be encrypted where the server has no TLS'
      }
    ],
    [
      { url: `${base}?sslrootcert=system`, driver: { ssl: { rejectUnauthorized: false } } },
      {
        counts: { of: 'driver.ssl', text: '{ rejectUnauthorized: false }' },
        asked: { of: 'the URL', text: 'sslrootcert=system' },
        effect: "the server's certificate would not be verified"
      }
    ],
    [
      { url: `${base}?sslnegotiation=direct`, tls: 'disable' },
      { counts: disable, asked: { of: 'the URL', text: 'sslnegotiation=direct' } }
    ],
    [
      { url: base, driver: { sslnegotiation: 'direct' } },
      { counts: undefined, asked: { of: 'driver.sslnegotiation', text: "'direct'" } }
    ]
  ] as const) t.match(tlsConflict(given), conflict, JSON.stringify(given))
  for (const given of [
    { url: `${base}?sslnegotiation=direct`, tls: 'require' },
    { url: `${base}?sslnegotiation=direct`, driver: { ssl: false, sslnegotiation: 'postgres' } },
    { url: `${base}?sslmode=bogus`, tls: 'disable' },
    { url: 'postgres://me:pass@one:port?sslmode=require', tls: 'disable' }
  ] as const) t.equal(tlsConflict(given), undefined, JSON.stringify(given))
})
