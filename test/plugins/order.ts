import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import health from '../../plugins/health.js'
import management from '../../plugins/management.js'
import metrics from '../../plugins/metrics.js'
import page from '../../plugins/page.js'
import postgres from '../../plugins/postgres.js'
import pressure from '../../plugins/pressure.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

const { url } = await startPostgres(t)
const gone = 'postgres://nobody@127.0.0.1:1/none'

type Name = 'metrics' | 'health' | 'pressure' | 'postgres' | 'management' | 'page'
type Register = (app: FastifyInstance) => unknown

const registrations: Record<Name, Register> = {
  metrics: async app => { await app.register(metrics, { observer: false }) },
  health: async app => { await app.register(health, { keep: 0 }) },
  pressure: async app => { await app.register(pressure, { maxRssBytes: 1, maxEventLoopDelay: 0, sampleInterval: 10 }) },
  postgres: async app => { await app.register(postgres, { url, closeTimeoutSeconds: 0 }) },
  management: async app => { await app.register(management, { token: 'secret' }) },
  page: async app => { await app.register(page) }
}

async function build (
  t: Test,
  names: readonly Name[],
  own: Partial<Record<Name, Register>> = {}
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  for (const name of names) await (own[name] ?? registrations[name])(app)
  app.get('/work', async () => 'done')
  await app.ready()
  return app
}

function * orders<T> (items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield []
  for (const [place, item] of items.entries()) {
    for (const rest of orders(items.toSpliced(place, 1))) yield [item, ...rest]
  }
}

const subsets = <T>(items: readonly T[]) =>
  Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_item, place) => bits & (2 ** place)))
const all = Object.keys(registrations) as Name[]

/** What an app does, whatever the order in which its plugins were registered. */
async function assertWhole (t: Test, app: FastifyInstance, names: readonly Name[]): Promise<void> {
  const has = (name: Name) => names.includes(name)
  const authorization = 'Bearer secret'
  if (has('pressure')) {
    await until('pressure', () => app.pressure.overloaded() !== undefined)
    t.equal((await app.inject('/work')).statusCode, 503)
  }
  if (has('postgres')) await app.sql`/* asked */ select 1`
  if (has('health')) {
    const { checks } = (await app.inject('/health')).json()
    t.equal(checks.database?.status, has('postgres') ? 'healthy' : undefined)
    t.equal(checks.application.status, has('pressure') ? 'unhealthy' : 'healthy')
  }
  if (has('metrics')) {
    t.equal((await app.inject('/metrics')).statusCode, has('management') ? 401 : 200)
    const { body } = await app.inject({ url: '/metrics', headers: { authorization } })
    t.equal(/^db_query_duration_seconds_count\{.*query="asked"\} 1$/m.test(body), has('postgres'), 'the query')
    t.equal(/^http_requests_shed_total\{reason="resident_memory"\} 1$/m.test(body), has('pressure'), 'what was shed')
    t.equal(
      /^http_request_duration_seconds_count\{method="GET",route="\/work",status_code="503"\} 1$/m.test(body),
      has('pressure')
    )
    t.equal(/^health_check_up\{check="database"\} 1$/m.test(body), has('postgres') && has('health'), 'the check')
    t.equal(/^service_phase\{phase="running"\} 1$/m.test(body), has('health'), 'the phase')
  }
  if (has('page')) {
    const { body } = await app.inject('/')
    t.equal(
      body.includes('&quot;/metrics&quot;') || body.includes('"/metrics"'),
      has('metrics'),
      'the page knows the metrics'
    )
    t.equal(
      body.includes('&quot;/health&quot;') || body.includes('"/health"'),
      has('health'),
      'the page knows the health checks'
    )
  }
}

t.test('every set of the plugins does the same in every order', async t => {
  let tried = 0
  for (const names of subsets(all)) {
    // All orders of up to three; of more, each plugin once at each place.
    const tries = names.length <= 3
      ? orders(names)
      : names.map((_, place) => [...names.slice(place), ...names.slice(0, place)])
    for (const order of tries) {
      tried++
      await t.test(order.join(', ') || 'none', async t => { await assertWhole(t, await build(t, order), order) })
    }
  }
  t.ok(tried > 250, `${tried} orders`)
})

t.test('a database that is gone is told of by a readiness that was registered later', async t => {
  const app = await build(
    t,
    ['postgres', 'health', 'metrics'],
    { postgres: async app => { await app.register(postgres, { url: gone }) } }
  )
  t.match((await app.inject('/health/ready')).json(), { status: 'not_ready', reason: 'database_unreachable' })
})

t.test('a plugin is met in whichever context it is', async t => {
  const within = (name: Name): Register => async app => {
    await app.register(async app => { await registrations[name](app) }, { prefix: '/within' })
  }
  const app = await build(
    t,
    ['postgres', 'pressure', 'health', 'metrics'],
    { metrics: within('metrics'), health: within('health') }
  )
  t.equal((await app.inject('/within/health')).json().checks.database.status, 'healthy')
  await until('pressure', async () => (await app.inject('/work')).statusCode === 503)
  const { body } = await app.inject('/within/metrics')
  t.match(
    body,
    /^http_request_duration_seconds_count\{method="GET",route="\/work",status_code="503"\} \d+$/m,
    'metrics see the whole server'
  )
  t.match(body, /^http_requests_shed_total\{reason="resident_memory"\} \d+$/m)
  t.match(body, /^db_connections_max 10$/m)
  t.match(body, /^http_request_errors_total\{route="\/work",type="OVERLOADED"\} \d+$/m, 'and the errors of all routes')
})

t.test('a plugin that is registered twice says so', async t => {
  for (const name of ['metrics', 'health', 'management'] as const) {
    await t.rejects(build(t, [name, name]), { message: new RegExp(`^${name} is registered twice`) })
    const siblings: Register = async app => {
      for (const prefix of ['/one', '/two']) {
        await app.register(
          async app => { await registrations[name](app) },
          { prefix }
        )
      }
    }
    await t.rejects(build(t, [name], { [name]: siblings }), { message: new RegExp(`^${name} is registered twice`) })
  }
  await t.rejects(build(t, ['pressure', 'pressure']), { message: /^pressure is registered twice/ })
  await t.rejects(build(t, ['postgres', 'postgres']), { message: /^postgres is registered twice without a name/ })
})

t.test('a route of one\'s own at the path of a plugin is refused, with the option that moves the plugin', async t => {
  const own = (path: string): Register => app => app.get(path, async () => 'own')
  const cases: Array<[name: Name, paths: string[], moved: string]> = [
    ['page', ['/', '/journal', '/runbook'], "{ prefix: '/status' }"],
    ['health', ['/health', '/health/', '/health/ready', '/health/live'], "{ prefix: '/internal' }"],
    ['metrics', ['/metrics', '/metrics/'], "{ endpoint: '/internal/metrics' }"]
  ]
  for (const [name, paths, moved] of cases) {
    for (const path of paths) {
      const message = `${name} answers GET ${path}, and so does another route of this app: ` +
        `take that out, or move ${name} with ${moved}`
      const before: Register = async app => {
        own(path)(app)
        await registrations[name](app)
      }
      const after: Register = async app => {
        await registrations[name](app)
        own(path)(app)
      }
      const within = (register: Register): Register => async app => {
        await app.register(async app => { await register(app) })
      }
      for (const both of [before, after, within(before), within(after)]) {
        await t.rejects(build(t, [name], { [name]: both }), { message }, `${name}, ${path}`)
      }
    }
  }
  for (const name of ['health', 'metrics'] as const) {
    const after: Register = async app => {
      await registrations[name](app)
      app.post(`/${name}`, async () => 'own')
    }
    await t.rejects(build(t, [name], { [name]: after }), {
      message: new RegExp(`^${name} answers POST /${name}, and so does another route`)
    })
  }
  await build(t, ['health', 'metrics', 'page'], {
    health: async app => {
      app.get('/health', { constraints: { host: 'other' } }, async () => 'own')
      app.post('/metrics', async () => 'own')
      app.head('/', async () => {})
      await app.register(health)
      app.get('/health', { constraints: { host: 'another' } }, async () => 'own')
    }
  })
})

t.test('pages are registered once at a path, and as often as there are paths', async t => {
  await t.rejects(build(t, ['page', 'page']), {
    message: 'page is registered twice in this app, and both times for /: ' +
      "register it once, or move one of them with { prefix: '/status' }"
  })
  const app = await build(t, ['page', 'metrics'], {
    page: async app => {
      await app.register(page)
      await app.register(page, { prefix: '/status' })
    }
  })
  for (const url of ['/', '/status', '/status/journal']) t.equal((await app.inject(url)).statusCode, 200, url)
})

t.test('databases of two contexts have names, where health looks at both', async t => {
  const siblings = (names: Array<string | undefined>): Register => async app => {
    for (const name of names) {
      app.register(async app => { await app.register(postgres, { url, ...name !== undefined && { name } }) })
    }
  }
  for (const order of [['health', 'postgres'], ['postgres', 'health']] as Name[][]) {
    await t.rejects(build(t, order, { postgres: siblings([undefined, undefined]) }), {
      message: 'postgres is registered without a name in two contexts, ' +
        'and the plugin health has one check of that name for both: ' +
        "give each a name of its own, such as { name: 'reports' }"
    })
  }
  await t.rejects(build(t, ['health', 'postgres'], { postgres: siblings(['a', 'a']) }), {
    message: /^postgres is registered with the name a in two contexts, /
  })
  const app = await build(t, ['health', 'postgres'], { postgres: siblings([undefined, 'reports']) })
  const { checks } = (await app.inject('/health')).json()
  t.strictSame(Object.keys(checks).sort(), ['application', 'database', 'database_reports'])
})

t.test('pressure of a part of an app sheds that part only, and both are counted', async t => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(metrics, { observer: false })
  for (const prefix of ['/one', '/two']) {
    await app.register(async app => {
      await app.register(pressure, { maxRssBytes: prefix === '/one' ? 1 : 2 ** 50, sampleInterval: 10 })
      app.get('/', async () => 'done')
    }, { prefix })
  }
  await app.ready()
  await until('pressure', async () => (await app.inject('/one')).statusCode === 503)
  t.equal((await app.inject('/two')).statusCode, 200)
  t.match((await app.inject('/metrics')).body, /^http_requests_shed_total\{reason="resident_memory"\} 1$/m)
})

t.test('management that comes after a route that it cannot guard names both', async t => {
  for (const [path, message] of [
    ['/docs', /^management.*\/docs,/],
    ['/docs/deep/:id', /^management.*\/docs\/deep\/:id,/]
  ] as const) {
    const app = Fastify()
    t.teardown(async () => { await app.close().catch(() => {}) })
    app.get('/docsy', async () => 'open')
    app.get(path, async () => 'open')
    await t.rejects(async () => await app.register(management, { token: 'secret' }), { message })
  }
})
