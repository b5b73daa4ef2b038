import Fastify from 'fastify'
import t from 'tap'
import { isBelow, routesOf } from '../../src/http/private-routes.js'

t.test('a URL is below a path as a whole', async t => {
  for (const [url, below] of [
    ['/metrics', true], ['/metrics/', true], ['/metrics/x', true], ['/metricsx', false], ['/metric', false],
    ['/x/metrics', false], ['/docs/a/b', true], ['/', false], ['', false]
  ] as const) t.equal(isBelow(url, ['/metrics', '/docs']), below, url)
  t.equal(isBelow('/metrics', []), false)
})

t.test('the routes of an app are read off what it prints', async t => {
  const app = Fastify()
  t.strictSame(routesOf(app).sort(), [])
  const urls = ['/', '/a', '/a/b', '/a/bc/:id', '/a/bc/:id/d', '/ab', '/*', '/x/y/z', '/x/y/w']
  for (const url of urls) app.get(url, async () => url)
  app.post('/a', async () => 'a')
  app.delete('/only', async () => 'only')
  await app.ready()
  t.strictSame(routesOf(app).sort(), [...urls, '/only'].sort())
})
