import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { consumerWith } from '../fixtures/consumer.js'
import { startPostgres } from '../fixtures/postgres.js'
import { ownFolder } from '../fixtures/service.js'

const text = await readFile(fileURLToPath(new URL('../../plugins/README.md', import.meta.url)), 'utf8')
const untold = [...text.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, example]) => example as string)

/** The example of plugins/README.md that has `words` in it, which is thereby one that is tested. */
function exampleWith (words: string): string {
  const [index = -1] = untold.flatMap((example, index) => example.includes(words) ? [index] : [])
  if (index === -1) throw new Error(`No example has ${words}`)
  return untold.splice(index, 1)[0] as string
}

/** Runs an example between what it takes for granted and a look at what it did; resolves with what was written. */
async function run (
  t: Test,
  before: string,
  example: string,
  after: string,
  { env = {}, code = 0 }: { env?: NodeJS.ProcessEnv, code?: number } = {}
): Promise<string> {
  const script = await consumerWith(t, 'example.mjs', `${before}\n${example}\n${after}`, ['prom-client'])
  const child = spawn(
    process.execPath,
    [script],
    { env: { PATH: process.env['PATH'], ...ownFolder, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  const exited = once(child, 'close')
  t.teardown(async () => { child.kill('SIGKILL'); await exited })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { written += text })
  t.same(await exited, [code, null], written)
  return written
}

const measured = `
  import Fastify from 'fastify'
  import metrics from 'fastify-vitals/metrics'
  const app = Fastify()
  await app.register(metrics)`
const shown = `
  console.log((await app.inject('/metrics')).body)
  await app.close()`

t.test('metrics of one\'s own are served', async t => {
  const before = `${measured}\nconst queue = ['a job', 'another']`
  const served = await run(t, before, exampleWith('orders_total'), shown)
  t.match(served, /^orders_total{kind="express"} 1$/m)
  t.match(served, /^queue_depth 2$/m)
  t.match(served, /^order_items_bucket{le="2"} 0\norder_items_bucket{le="5"} 1$/m)
})

t.test('a metric of prom-client\'s default registry is served once it is handed over', async t => {
  const before = `${measured}
    import { Counter } from 'prom-client'
    new Counter({ name: 'theirs_total', help: 'Somebody else\\'s' }).inc(7)
    console.log((await app.inject('/metrics')).body.includes('theirs_total') ? 'served' : 'not served')`
  const served = await run(t, before, exampleWith('theirs_total'), shown)
  t.match(served, /^not served$/m)
  t.match(served, /^theirs_total 7$/m)
})

t.test('examples that ask a database', async t => {
  const { url: DATABASE_URL } = await startPostgres(t)
  const env = { DATABASE_URL }
  const asking = `${measured}
    import postgres from 'fastify-vitals/postgres'
    await app.register(postgres, { url: process.env.DATABASE_URL })
    await app.sql\`create table if not exists orders (id integer, customer text)\``

  await t.test('a route tells whose queries they are', async t => {
    const before = `${asking}\nawait app.sql\`insert into orders values (1, 'Ada')\``
    const after = `console.log((await app.inject('/orders')).body)${shown}`
    const written = await run(t, before, exampleWith('async ({ sql })'), after, { env })
    t.match(written, /^\[{"id":1,"customer":"Ada"}\]$/m)
    t.match(written, /^http_request_db_queries_sum{.*route="\/orders".*} 1$/m)
    t.match(written, /^db_query_duration_seconds_count{.*query="list_orders".*} 1$/m)
  })

  await t.test('a further database has a name', async t => {
    const { outputText } = ts.transpileModule(exampleWith('NamedDatabases'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
    })
    const after = `
      await app.sql.reports\`create table sales as select 7 as sold\`
      console.log((await app.inject('/sales')).body)
      await app.close()`
    t.match(await run(t, '', outputText, after, { env: { ...env, REPORTS_URL: DATABASE_URL } }), /^\[{"sold":7}\]$/m)
  })

  await t.test('a test sees how many queries a page takes, and fails of more', async t => {
    const example = exampleWith('queriesOf')
    const page = (find: string) => `${asking}
      import assert from 'node:assert'
      import { after, test } from 'node:test'
      after(async () => { await app.close() })
      app.get('/orders', async ({ sql }) => {
        const ids = await sql\`/* list_orders */ select * from generate_series(1, 3)\`
        ${find}
        return ids
      })`
    const find = 'await sql`/* find_customers */ select 1`'
    t.match(await run(t, page(find), example, '', { env }), /^. pass 1$/m)
    const each = `for (const _ of ids) ${find}`
    const told = await run(t, page(each), example, '', { env, code: 1 })
    t.match(told, /fail 1$/m)
    t.match(told, /deep-equal/)
  })

  await t.test('a tracer has a span for each query, with its rows', async t => {
    const before = `${asking}
      const tracer = {
        startSpan: name => ({
          setAttribute (key, value) { return Object.assign(this, { [key]: value }) },
          end () { console.log(JSON.stringify({ name, ...this })) }
        })
      }`
    const after = `
      await app.sql\`/* two_rows */ select * from generate_series(1, 2)\`
      await app.close()`
    const spans = (await run(t, before, exampleWith('tracer'), after, { env })).trim().split('\n')
    t.strictSame(
      spans.map(span => JSON.parse(span)).find(({ name }) => name === 'two_rows'),
      { name: 'two_rows', 'db.response.returned_rows': 2 }
    )
  })
})

t.test('a module for a folder that is autoloaded, with its options beside it', async t => {
  const [, reexport = '', config = ''] = /^\*\*Autoload\.\*\* `(export [^`]+)`[^`]*`[^`]+`[^`]*`(export [^`]+)`/m
    .exec(text) ?? []
  const path = await consumerWith(t, 'health.mjs', `${reexport}\n${config}\n`)
  const { default: plugin, autoConfig } = await import(pathToFileURL(path).href)
  t.strictSame(autoConfig, { timeout: 500 })

  const app = Fastify()
  t.teardown(async () => { await app.close() })
  // As @fastify/autoload does in a folder `vitals`, with what the tests that fastify-cli writes hand on.
  await app.register(plugin, { ...autoConfig, skipOverride: true, prefix: '/vitals' })
  app.health.check('stuck', async () => { await new Promise(() => {}) })
  t.match((await app.inject('/vitals/health')).json(), {
    checks: { stuck: { message: 'stuck check failed: no answer within 500 ms' } }
  })
  t.equal((await app.inject('/health')).statusCode, 404)
})

t.test('there is no example that is not tested', t => {
  t.strictSame(untold, [])
  t.end()
})
