import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { compile, pack, root } from './fixtures/package.js'

const { project } = await pack(t)

const metricsAlone = `
import Fastify from 'fastify'
import health from 'fastify-vitals/health'
import management from 'fastify-vitals/management'
import metrics from 'fastify-vitals/metrics'
import pressure from 'fastify-vitals/pressure'
const app = Fastify()
await app.register(management, { token: 'x' })
await app.register(metrics, { names: ['otel'] })
await app.register(health, { timeout: 1 })
await app.register(pressure, { retryAfter: 1, customError: class extends Error {} })
app.health.check('x', async signal => signal.aborted, { critical: true })
const words: string | undefined = app.pressure.overloaded()
const port: number | undefined = app.metrics.observer?.port()
new app.metrics.client.Counter({ name: 'x', help: words ?? String(port) }).inc()
app.get('/', { config: { metrics: false, shed: false } }, async () => 'done')
// @ts-expect-error there is no such naming
await app.register(metrics, { names: ['rails'] })
// @ts-expect-error there is no such option
await app.register(metrics, { maxSerie: 1 })
// @ts-expect-error it is a number
await app.register(pressure, { maxEventLoopDelay: '1s' })
// @ts-expect-error it is no client of postgres.js
app.metrics.measure(() => {})
`

const withDatabase = `
import Fastify from 'fastify'
import metrics from 'fastify-vitals/metrics'
import page from 'fastify-vitals/page'
import postgres, { type PostgresOptions } from 'fastify-vitals/postgres'
const app = Fastify()
const options: PostgresOptions = { url: '', tls: 'require' }
await app.register(metrics)
await app.register(postgres, options)
await app.register(page, { prefix: '/vitals', journal: null })
const sql: typeof app.sql = app.metrics.measure(app.sql, { pool: 'x' })
const rows: Array<{ one: number }> = await sql<Array<{ one: number }>>\`select 1 as one\`
console.log(rows)
// @ts-expect-error a database has a URL
await app.register(postgres, {})
// @ts-expect-error it is called poolSize
await app.register(postgres, { url: '', max: 1 })
`

t.test('the types of metrics, health, pressure and management need nothing else', async t => {
  const at = await project([])
  await writeFile(join(at, 'typed.ts'), metricsAlone)
  // What typebox imports is its own, and takes most of the time.
  t.equal(compile(at, ['typed.ts'], path => !path.includes('/node_modules/typebox/')), '')
})

t.test('with a database and the page there are all types, and the README\'s example compiles', async t => {
  const at = await project(['postgres'])
  await writeFile(join(at, 'typed.ts'), withDatabase)
  const [, example = ''] = /^```[jt]s\n(.*?)^```$/ms.exec(await readFile(join(root, 'README.md'), 'utf8')) ?? []
  t.match(example, /fastify-vitals\/metrics/)
  await writeFile(join(at, 'example.ts'), example)
  // The others were checked above.
  const isNew = (path: string) => path.startsWith(at) || path.includes('/node_modules/postgres/')
  t.equal(compile(at, ['typed.ts', 'example.ts'], isNew), '')
})
