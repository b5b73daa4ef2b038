import t from 'tap'
import { databaseUrl, readDatabaseUrl } from '../../src/postgres/url.js'

t.test('a URL is read with all of its hosts, or localhost', async t => {
  for (const [text, hosts, href] of [
    ['postgres://me:secret@db:5433/shop?a=1', 'db:5433', 'postgres://me:secret@db:5433/shop?a=1'],
    ['postgres://me@one:1,two:2,three/shop', 'one:1,two:2,three', 'postgres://me@one:1/shop'],
    ['postgres://one,two', 'one,two', 'postgres://one'],
    ['postgres:///shop', 'localhost', 'postgres://localhost/shop'],
    ['postgres://me@/shop', 'localhost', 'postgres://me@localhost/shop'],
    ['postgres://me@?host=/run', 'localhost', 'postgres://me@localhost?host=/run'],
    ['postgres://[::1]:5433/shop', '[::1]:5433', 'postgres://[::1]:5433/shop'],
    ['postgres://db?note=a@b,c/d\ne', 'db', 'postgres://db?note=a@b,c/de']
  ] as const) {
    const read = readDatabaseUrl(text)
    t.strictSame([read.hosts, read.url.href], [hosts, href], text)
  }
  for (const text of ['', 'shop', '://db', 'postgres://one:port,two']) {
    t.throws(() => readDatabaseUrl(text), TypeError, JSON.stringify(text))
  }
})

t.test('parameters that libpq has and the driver has not are options, and the others stay in the URL', async t => {
  const options = { max: 1, port: 5 }
  for (const [text, url, found] of [
    ['postgres://me@db/shop', 'postgres://me@db/shop', {}],
    ['postgres://me@db/shop?sslmode=require', 'postgres://me@db/shop?sslmode=require', {}],
    ['postgres://me@one,two/shop?a=1', 'postgres://me@one,two/shop?a=1', {}],
    ['postgres://me@/shop', 'postgres://me@localhost/shop', {}],
    ['postgres://me:secret@', 'postgres://me:secret@localhost', {}],
    ['postgres:///shop?host=/run/postgresql', 'postgres:///shop', { host: '/run/postgresql' }],
    ['postgres://me@?host=/run&port=7', 'postgres://me@localhost', { host: '/run', port: '7' }],
    [
      'postgres://db/shop?user=me&a=1&password=se%26cret&b=%2F',
      'postgres://db/shop?a=1&b=%2F',
      { user: 'me', password: 'se&cret' }
    ],
    ['postgres://db/shop?user=me&user=you', 'postgres://db/shop', { user: 'you' }]
  ] as const) t.strictSame(databaseUrl(text, options), [url, { ...options, ...found }], text)
  t.strictSame(options, { max: 1, port: 5 })
})

t.test('a # that belongs to a password is refused, since what precedes it would be taken for the host', async t => {
  t.throws(() => databaseUrl('postgres://me:se#cret@db/shop', {}), TypeError)
  t.throws(() => databaseUrl('postgres://me@db/shop#part', {}), new TypeError('URL with a fragment'))
  t.strictSame(databaseUrl('postgres://me:se%23cret@db/shop', {}), ['postgres://me:se%23cret@db/shop', {}])
})
