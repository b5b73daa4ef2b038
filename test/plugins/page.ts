import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import metrics from '../../plugins/metrics.js'
import page, { type PageOptions } from '../../plugins/page.js'
import { readBundle } from '../../src/page/bundle.js'
import { build } from '../fixtures/app.js'

const documents = ['/', '/journal', '/runbook']
const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' }

async function other (t: Test, options: PageOptions & { prefix?: string } = {}) {
  const app = Fastify()
  await app.register(metrics)
  await app.register(page, options)
  t.teardown(async () => { await app.close() })
  return app
}

function settingsOf (html: string) {
  const [, text = '{}'] = /<meta name="settings" content="([^"]*)">/.exec(html) ?? []
  return JSON.parse(text.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&'))
}

t.test('each document runs only the page\'s own script, asks only the service, and cannot be framed', async t => {
  const app = await build(t, nowhere)
  for (const url of documents) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
      "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    t.match(headers, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer'
    })
    t.notMatch(
      body,
      /<script(?! type="module" src="\/assets\/)|<style|\son\w+=|\sstyle=|(?:src|rel="stylesheet" href)="https?:/,
      'nothing is inline or from elsewhere'
    )
  }
  t.match(settingsOf((await app.inject('/')).body), {
    title: 'fastify-vitals',
    journal: '/api/alerts',
    docs: '/docs',
    metrics: '/metrics',
    health: '/health',
    testAlerts: true,
    managementPort: null
  })
})

t.test('what it loads is compressed, kept for ever under a name with its hash, and small', async t => {
  const app = await other(t)
  const { script, style, icon, notices, directory } = await readBundle()
  for (const name of [script, style, icon, notices]) {
    t.match(name, /-[0-9A-Z]{8}\.\w+$/)
    for (const encoding of ['gzip', 'br']) {
      const { statusCode, headers } = await app.inject({
        url: `/assets/${name}`,
        headers: { 'accept-encoding': encoding }
      })
      t.equal(statusCode, 200)
      t.match(
        headers,
        {
          'content-encoding': encoding,
          'cache-control': 'public, max-age=31536000, immutable',
          vary: 'accept-encoding',
          'x-content-type-options': 'nosniff'
        },
        `${name} ${encoding}`
      )
    }
  }
  const zipped = (await readdir(directory)).filter(name => name.endsWith('.gz'))
  const sizes = await Promise.all(zipped.map(async name => (await stat(join(directory, name))).size))
  const all = sizes.reduce((sum, size) => sum + size, 0)
  t.ok(all < 150_000, `${all} bytes with gzip`)
  t.match(
    await readFile(join(directory, notices), 'utf8'),
    /^@preact\/signals\n\n[^]*^preact\n\n[^]*^uplot\n\n/m,
    'licences are handed on'
  )
  t.equal((await app.inject('/assets/../bundle.json')).statusCode, 404)
})

t.test('the runbook can be read without a script, and has a place for each alert of the rules', async t => {
  const app = await other(t)
  const { body } = await app.inject('/runbook')
  const runbook = await readFile('ops/runbook.md', 'utf8')
  const alerts = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name as string)
  t.ok(alerts.length > 20)
  for (const name of alerts) t.ok(body.includes(`<h3 id="${name.toLowerCase()}">`), name)
  t.match(body, /see <a href="#healthcheckfailing">HealthCheckFailing<\/a>/, 'a text that names another leads there')
  t.notMatch(body, /<a[^>]*>[^<]*<a|<code>[^<]*<a/, 'but no link is within a link or code')
})

t.test('with PAGE=false there is none', async t => {
  const app = await build(t, { ...nowhere, PAGE: 'false' })
  for (const url of documents) t.equal((await app.inject(url)).statusCode, 404, url)
})

t.test('with tokens, documents hold nothing that they guard, and no test alert is offered', async t => {
  const app = await build(t, { ...nowhere, MANAGEMENT_TOKEN: 'management-secret', JOURNAL_TOKEN: 'journal-secret' })
  const { statusCode, body } = await app.inject('/')
  t.equal(statusCode, 200)
  t.notMatch(body, /secret/)
  t.match(settingsOf(body), { testAlerts: false })
  t.equal((await app.inject('/metrics')).statusCode, 401)
})

t.test('it serves another service below a prefix, without the journal that is not there', async t => {
  const app = await other(t, { prefix: '/vitals', title: 'orders "<script>', version: '3' })
  t.equal((await app.inject('/')).statusCode, 404)
  const { body } = await app.inject('/vitals')
  t.match(settingsOf(body), { title: 'orders "<script>', version: '3', base: '/vitals', journal: null, docs: null })
  t.notMatch(body, /<script>/)
  const [, script = ''] = /src="(\/vitals\/assets\/page-\w+\.js)"/.exec(body) ?? []
  t.equal((await app.inject(script)).statusCode, 200)
})

t.test('it may ask the management port of the host that the browser named, and of no other', async t => {
  const app = await other(t, { managementPort: () => 9464 })
  const policy = async (host: string) =>
    (await app.inject({ url: '/', headers: { host } })).headers['content-security-policy']
  t.match(await policy('vitals.example:8000'), /connect-src 'self' http:\/\/vitals\.example:9464;/)
  t.match(await policy('[::1]:8000'), /connect-src 'self' http:\/\/\[::1\]:9464;/)
  for (const host of ["x;script-src'*'", 'a b', 'x,*']) t.match(await policy(host), /connect-src 'self';/, host)
})
