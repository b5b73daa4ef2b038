import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import docs from '../../plugins/docs.js'
import health from '../../plugins/health.js'
import management, { type ManagementOptions } from '../../plugins/management.js'
import metrics from '../../plugins/metrics.js'

const hidden = [
  '/metrics',
  '/metrics/',
  '/%6detrics',
  '/docs',
  '/docs/',
  '/docs/json',
  '/docs/yaml',
  '/docs/static/swagger-ui.css',
  '/docs/static/index.html'
]
/** Those that lead on to others. */
const forwarding = ['/docs/static/index.html']
const shared = ['/health', '/health/', '/health/ready', '/health/live/']

async function build (t: Test, options: ManagementOptions): Promise<FastifyInstance> {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true }, return503OnClosing: false }) as FastifyInstance
  await app.register(management, options)
  await app.register(docs, { version: '1' })
  await app.register(metrics)
  await app.register(health)
  app.get('/work', async () => 'done')
  app.get('/metricsandmore', async () => 'done')
  t.teardown(async () => { await app.close() })
  return app
}

const basic = (password: string) => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`

t.test('with a token, metrics and docs are only for who has it, and all else is for everyone', async t => {
  const app = await build(t, { token: 'hunter:2' })
  const status = async (url: string, authorization?: string) =>
    (await app.inject({ url, headers: { ...(authorization && { authorization }) } })).statusCode
  for (const url of hidden) {
    for (const authorization of [
      undefined,
      'Bearer',
      'Bearer hunter',
      basic(''),
      basic('hunter'),
      `Basic ${Buffer.from('hunter:2').toString('base64')}`,
      'Basic !'
    ]) {
      const response = await app.inject({ url, headers: { ...(authorization && { authorization }) } })
      t.equal(response.statusCode, 401, `${url} ${authorization}`)
      t.match(response.headers['www-authenticate'], /^Basic realm=/)
      t.match(response.json(), { code: 'TOKEN_REQUIRED' })
    }
    for (const authorization of [
      'Bearer hunter:2',
      basic('hunter:2')
    ]) t.equal(await status(url, authorization), forwarding.includes(url) ? 302 : 200, `${url} ${authorization}`)
    t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 401, `HEAD ${url}`)
  }
  for (const url of [...shared, '/work', '/metricsandmore']) t.equal(await status(url), 200, url)
})

t.test('without a token, all is for everyone', async t => {
  const app = await build(t, {})
  for (const url of [...hidden, ...shared, '/work']) {
    t.equal((await app.inject(url)).statusCode, forwarding.includes(url) ? 302 : 200, url)
  }
})

t.test('it is once in an app, with a token or without', async t => {
  const message = 'management is registered twice in this app, in one context or two: ' +
    'register it once, for it is for all of the app'
  for (const [first, second] of [[{}, {}], [{}, { token: 'x' }], [{ token: 'x' }, {}]] as const) {
    const app = Fastify() as FastifyInstance
    t.teardown(async () => { await app.close().catch(() => {}) })
    await app.register(management, first)
    await t.rejects(async () => await app.register(management, second), { message })
  }
})

t.test('metrics are guarded wherever they are served, unless it is said which paths are private', async t => {
  const status = async (guarded: ManagementOptions, register: (app: FastifyInstance) => void, url: string) => {
    const app = Fastify() as FastifyInstance
    t.teardown(async () => { await app.close() })
    app.register(management, guarded)
    register(app)
    return [
      (await app.inject(url)).statusCode,
      (await app.inject({ url, headers: { authorization: 'Bearer a-token' } })).statusCode
    ]
  }
  for (const [url, register] of Object.entries<(app: FastifyInstance) => void>({
    '/internal/metrics': app => { app.register(metrics, { endpoint: '/internal/metrics' }) },
    '/api/metrics': app => { app.register(metrics, { prefix: '/api' }) },
    '/child/metrics': app => { app.register(async child => { await child.register(metrics) }, { prefix: '/child' }) },
    '/own': app => { app.register(metrics, { endpoint: { url: '/own', onRequest: async () => {} } as never }) }
  })) {
    t.strictSame(await status({ token: 'a-token' }, register, url), [401, 200], url)
    t.strictSame(await status({ token: 'a-token', private: ['/docs'] }, register, url), [200, 200], `${url}, open`)
  }
})

t.test('a path is private with what is below it, also when it ends with a slash, or is all there is', async t => {
  const statuses = async (hidden: string[]) => {
    const app = Fastify() as FastifyInstance
    t.teardown(async () => { await app.close() })
    await app.register(management, { token: 'a-token', private: hidden })
    for (const url of ['/', '/work', '/work/deep', '/working']) app.get(url, async () => 'done')
    return await Promise.all(['/', '/work', '/work/deep', '/working'].map(async url =>
      (await app.inject(url)).statusCode))
  }
  t.strictSame(await statuses(['/work/']), [200, 401, 401, 200])
  t.strictSame(await statuses(['/']), [401, 401, 401, 401])
})

t.test('metrics at / that are guarded hide no route that came too early to be', async t => {
  const app = Fastify() as FastifyInstance
  t.teardown(async () => { await app.close().catch(() => {}) })
  await app.register(metrics, { endpoint: '/' })
  app.get('/docs', async () => 'open')
  await t.rejects(async () => await app.register(management, { token: 'a-token' }), { message: /the route \/docs, / })
})

t.test('a path that is private and where no route is is told of', async t => {
  const told: string[] = []
  const stream = { write: (line: string) => { told.push((JSON.parse(line) as { msg: string }).msg) } }
  for (const options of [{ token: 'a-token', private: ['/work', '/metrcs'] }, { token: 'a-token' }]) {
    const app: FastifyInstance = Fastify({ logger: { level: 'warn', stream } })
    t.teardown(async () => { await app.close() })
    await app.register(management, options)
    app.get('/work/deep', async () => 'done')
    await app.ready()
  }
  t.strictSame(told, ['The option private of management has /metrcs, where no route is: nothing is guarded there'])
})
