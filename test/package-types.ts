import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { ownOptions } from '../src/metrics/own/own-options.js'
import { defaultsOf, defaultsShown } from './fixtures/option-docs.js'
import { optionSchemas } from './fixtures/option-table.js'
import { compile, complaints, pack, programOf, root, run } from './fixtures/package.js'

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
await app.register(pressure, { pressureHandler: (_request, _reply, type, value) => type === 'rssBytes' && value > 1 })
app.get('/own', { config: { pressureHandler: (_request, _reply, type) => type === 'eventLoopDelay' } }, () => 'done')
// @ts-expect-error there is no such naming
await app.register(metrics, { names: ['rails'] })
// @ts-expect-error there is no such option
await app.register(metrics, { maxSerie: 1 })
// @ts-expect-error it is a number
await app.register(pressure, { maxEventLoopDelay: '1s' })
// @ts-expect-error it is called rssBytes
await app.register(pressure, { pressureHandler: (_request, _reply, type) => type === 'rss' })
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

const allOptions = `
import type { FastifyInstance } from 'fastify'
import type health from 'fastify-vitals/health'
import type management from 'fastify-vitals/management'
import type metrics from 'fastify-vitals/metrics'
import type page from 'fastify-vitals/page'
import type postgres from 'fastify-vitals/postgres'
import type pressure from 'fastify-vitals/pressure'
export interface Options {
  metrics: Parameters<typeof metrics>[1]
  health: Parameters<typeof health>[1]
  'app.health.check': Parameters<FastifyInstance['health']['check']>[2]
  'app.metrics.histogram': Parameters<FastifyInstance['metrics']['histogram']>[0]
  pressure: Parameters<typeof pressure>[1]
  postgres: Parameters<typeof postgres>[1]
  page: Parameters<typeof page>[1]
  management: Parameters<typeof management>[1]
}
`

t.test('the types of metrics, health, pressure and management need nothing else', async t => {
  const at = await project([])
  await writeFile(join(at, 'typed.ts'), metricsAlone)
  // What typebox imports is its own, and takes most of the time.
  t.equal(compile(at, ['typed.ts'], path => !path.includes('/node_modules/typebox/')), '')
})

t.test('with a database and the page there are all types, defaults and what the README shows', async t => {
  const at = await project(['postgres'])
  await writeFile(join(at, 'typed.ts'), withDatabase)
  await writeFile(join(at, 'options.ts'), allOptions)
  const examples = [
    ...(await readFile(join(root, 'README.md'), 'utf8')).matchAll(/^```[jt]s\n(.*?)^```$/gms),
    ...(await readFile(join(root, 'plugins', 'README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)
  ]
  t.ok(examples.length > 2, `${examples.length} examples`)
  const files = examples.map((_, place) => `example-${place}.ts`)
  for (const [place, [, text = '']] of examples.entries()) await writeFile(join(at, files[place] as string), text)
  const program = programOf(at, ['typed.ts', 'options.ts', ...files])
  // The others were checked above.
  const isNew = (path: string) => path.startsWith(at) || path.includes('/node_modules/postgres/')
  t.equal(complaints(program, at, isNew), '')

  const checker = program.getTypeChecker()
  const file = checker.getSymbolAtLocation(program.getSourceFile(join(at, 'options.ts')) as ts.SourceFile)
  const [Options] = checker.getExportsOfModule(file as ts.Symbol).map(each => checker.getDeclaredTypeOfSymbol(each))
  const schemas = { ...optionSchemas, 'app.metrics.histogram': ownOptions.histogram }
  for (const [plugin, schema] of Object.entries(schemas)) {
    const options = checker.getTypeOfSymbol(Options?.getProperty(plugin) as ts.Symbol)
    const defaults = defaultsOf(schema)
    const shown = defaultsShown(checker, options, Object.keys(defaults))
    t.strictSame(shown, defaults, `@default of each option of ${plugin}`)
  }
})

t.test('a named database has no type but what the README has one declare', async t => {
  const at = await project(['postgres'])
  const [, text = ''] = /^```ts\n(.*?NamedDatabases.*?)^```$/ms
    .exec(await readFile(join(root, 'plugins', 'README.md'), 'utf8')) ?? []
  await writeFile(join(at, 'named.ts'), text)
  await writeFile(join(at, 'unnamed.ts'), text.replace(/^declare module .*?^}$/ms, ''))
  const isOwn = (path: string) => path.startsWith(at) && !path.includes('/node_modules/')
  t.equal(compile(at, ['named.ts'], isOwn), '')
  t.match(compile(at, ['unnamed.ts'], isOwn), /error TS2339: Property 'reports' does not exist/)
})

t.test('CommonJS imports it with "module": "nodenext", and with "node16" by import() alone', async t => {
  const at = await project([], 'commonjs')
  const isOwn = (path: string) => path.startsWith(at) && !path.includes('/node_modules/')
  const direct = `
    import Fastify from 'fastify'
    import metrics from 'fastify-vitals/metrics'
    const app = Fastify()
    app.register(metrics, { version: '1.2.3' })
    app.inject('/metrics').then(async ({ body }) => {
      console.log(/version="1.2.3"/.test(body))
      await app.close()
    })`
  await writeFile(join(at, 'direct.ts'), direct)
  await writeFile(join(at, 'later.ts'), `
    import Fastify from 'fastify'
    const app = Fastify()
    app.register(import('fastify-vitals/metrics'), { version: '1.2.3' })`)
  t.equal(compile(at, ['direct.ts', 'later.ts'], isOwn), '')
  const errors = compile(at, ['direct.ts', 'later.ts'], isOwn, { module: ts.ModuleKind.Node16 })
  t.strictSame(
    [...errors.matchAll(/^(\S+)\(\d+,\d+\): error (\w+)/gm)].map(([, file, code]) => [file, code]),
    [['direct.ts', 'TS1479']]
  )

  const compilerOptions = { module: ts.ModuleKind.CommonJS, esModuleInterop: true }
  await writeFile(join(at, 'direct.js'), ts.transpileModule(direct, { compilerOptions }).outputText)
  const { stdout } = await run(process.execPath, ['--no-warnings', 'direct.js'], { cwd: at })
  t.equal(stdout, 'true\n', 'and what the compiler makes of it runs')
})

t.test('the package as a whole is nothing, and its types tell where what it has is', async t => {
  const at = await project([])
  await writeFile(join(at, 'whole.ts'), `
    import Fastify from 'fastify'
    import vitals, { pressure } from 'fastify-vitals'
    const app = Fastify()
    app.register(vitals)
    app.register(pressure, { retryAfter: 1 })`)
  const errors = compile(at, ['whole.ts'], path => path.startsWith(at) && !path.includes('/node_modules/'))
  t.match(errors, "Argument of type 'ImportFrom<\"fastify-vitals/metrics\">' is not assignable")
  t.match(errors, "Argument of type 'ImportFrom<\"fastify-vitals/pressure\">' is not assignable")
})
