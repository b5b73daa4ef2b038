import t from 'tap'
import { build } from './fixtures/app.js'

t.test('the page about the routes runs only its own scripts, and cannot be framed', async t => {
  const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
  for (const url of ['/docs', '/docs/', '/docs/static/swagger-initializer.js', '/docs/static/swagger-ui.css', '/docs/json']) {
    const { statusCode, headers } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/, url)
    t.notMatch(headers['content-security-policy'], /script-src[^;]*unsafe|https?:|\*/, url)
    t.match(headers, { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' }, url)
  }
  t.notMatch((await app.inject('/docs')).body, /<script(?! src=)|(?:src|href)="https?:/, 'it has no script within, and nothing from elsewhere')
})
