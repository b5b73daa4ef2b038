import t from 'tap'
import { openTab, startBrowser } from './fixtures/browser.js'
import { startPostgres } from './fixtures/postgres.js'
import { havePrograms } from './fixtures/programs.js'
import { startService } from './fixtures/service.js'
import { build } from './fixtures/app.js'

t.test('the page about the routes runs only its own scripts, and cannot be framed', async t => {
  const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
  for (const url of [
    '/docs',
    '/docs/',
    '/docs/static/swagger-initializer.js',
    '/docs/static/swagger-ui.css',
    '/docs/json'
  ]) {
    const { statusCode, headers } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/, url)
    t.notMatch(headers['content-security-policy'], /script-src[^;]*unsafe|https?:|\*/, url)
    t.match(
      headers,
      { 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' },
      url
    )
  }
  t.notMatch(
    (await app.inject('/docs')).body,
    /<script(?! src=)|(?:src|href)="https?:/,
    'it has no script within, and nothing from elsewhere'
  )
})

t.test('every body and answer has an example that fits it', async t => {
  const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
  const { paths, components } = (await app.inject('/docs/json')).json()
  t.notOk(components?.securitySchemes, 'no token is asked for where there is none')
  for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
    if (path.startsWith('/metrics')) continue
    for (const [method, { requestBody, responses }] of Object.entries(operations)) {
      for (const [part, content] of Object.entries({ body: requestBody, ...responses })) {
        if (content?.content === undefined) continue
        const { example, examples, schema } = Object.values(content.content)[0] ?? {}
        t.ok(example ?? examples ?? schema?.examples, `${method} ${path} ${part}`)
      }
    }
  }
})

t.test('each route of the journal tells with which statuses it answers', async t => {
  const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
  const { paths } = (await app.inject('/docs/json')).json()
  for (const [method, path, statuses] of [
    ['post', '/api/alerts', '200 400 401 413 503'],
    ['get', '/api/alerts', '200 400 503'],
    ['get', '/api/alerts/summary', '200 400 503'],
    ['get', '/api/alerts/{id}', '200 400 404 503']
  ] as const) t.equal(Object.keys(paths[path]?.[method]?.responses ?? {}).join(' '), statuses, `${method} ${path}`)
})

t.test('in a browser, "Try it out" stores the example as it stands', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url })
  const browser = await startBrowser(t)
  const { page, complaints } = await openTab(browser, [origin])
  await page.goto(`${origin}/docs`)
  const post = page.locator('.opblock-post').first()
  await post.locator('.opblock-summary-control').click()
  t.equal(await page.title(), 'fastify-vitals API')
  t.equal(await page.locator('.topbar').count(), 0, 'there is no address bar')
  t.equal(await page.locator('.authorize').count(), 0, 'no token is asked for where there is none')
  await post.getByRole('button', { name: 'Try it out' }).click()
  await post.getByRole('button', { name: 'Execute' }).click()
  const answer = post.locator('.live-responses-table .response').first()
  await answer.waitFor()
  t.match(await answer.textContent(), /^200[^]*"created": 1/)
  t.strictSame(complaints, [], 'nothing in the console, and nobody else asked')
})

interface Operation {
  requestBody?: Content
  responses?: Record<string, Content>
}

interface Content {
  content?: Record<string, { example?: unknown, examples?: unknown, schema?: { examples?: unknown } }>
}
