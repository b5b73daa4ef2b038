import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import Fastify from 'fastify'
import t from 'tap'
import metrics from '../../../plugins/metrics.js'
import postgres from '../../../plugins/postgres.js'
import { queriesOf } from '../../../src/postgres/queries-of.js'
import { startPostgres } from '../../fixtures/postgres.js'

const { url } = await startPostgres(t)

t.test('a query is told of when it is asked and when it has its outcome, and never what it says', async t => {
  const app = Fastify()
  await app.register(metrics, { observer: false })
  await app.register(postgres, { url })
  await app.register(postgres, { url, name: 'reports' })
  t.teardown(async () => { await app.close() })
  const { reports } = app.sql as unknown as { reports: typeof app.sql }

  const told: Array<[string, object, object]> = []
  const onStart = (event: unknown) => { told.push(['start', event as object, { ...event as object }]) }
  const onEnd = (event: unknown) => { told.push(['end', event as object, { ...event as object }]) }
  subscribe('fastify-vitals:query:start', onStart)
  subscribe('fastify-vitals:query:end', onEnd)
  t.teardown(() => {
    unsubscribe('fastify-vitals:query:start', onStart)
    unsubscribe('fastify-vitals:query:end', onEnd)
  })

  await app.sql`/* find_secret */ select ${'a secret'}::text as secret from generate_series(1, 3)`
  const [[, started, atStart], [, ended, atEnd]] = told as [(typeof told)[0], (typeof told)[0]]
  t.equal(started, ended, 'by one object, so that a listener can keep something with it')
  t.strictSame(atStart, {
    name: 'find_secret',
    operation: 'SELECT',
    pool: '',
    wait: undefined,
    execution: undefined,
    rows: undefined,
    code: undefined
  })
  t.match(atEnd, {
    name: 'find_secret',
    operation: 'SELECT',
    pool: '',
    wait: Number,
    execution: Number,
    rows: 3,
    code: undefined
  })
  t.notMatch(JSON.stringify(told), /a secret|generate_series/)

  told.length = 0
  await reports`/* divide */ select 1 / ${0}::int`.catch(() => {})
  await app.sql.begin(async sql => await sql`select 1`)
  t.match(told.map(([what,, { ...event }]) => [what, event]), [
    ['start', { name: 'divide', pool: 'reports' }], ['end', { name: 'divide', code: '22012', rows: 0 }],
    ['start', { operation: 'BEGIN' }], ['end', { operation: 'BEGIN' }],
    ['start', { operation: 'SELECT', name: '' }], ['end', { operation: 'SELECT', rows: 1 }],
    ['start', { operation: 'COMMIT' }], ['end', { operation: 'COMMIT' }]
  ])

  told.length = 0
  await app.sql.end()
  await app.sql`/* refused */ select 1`.catch(() => {})
  t.match(told, [['start', {}, {}], ['end', {}, { code: 'CONNECTION_ENDED', execution: undefined, wait: Number }]])
})

t.test('queriesOf counts what a block asks of the app, and waits for what it did not', async t => {
  const apps = await Promise.all([1, 2].map(async () => {
    const app = Fastify()
    await app.register(postgres, { url })
    t.teardown(async () => { await app.close() })
    app.get('/books', async ({ sql }) => {
      const books = await sql`/* list_books */ select generate_series(1, 3) as id`
      return await Promise.all(
        books.map(async ({ id }) => await sql`/* find_author */ select ${id as number}::int as author`)
      )
    })
    return app
  })) as [ReturnType<typeof Fastify>, ReturnType<typeof Fastify>]
  const [app, other] = apps

  const queries = await queriesOf(app, async () => {
    await Promise.all([app.inject('/books'), other.inject('/books')])
  })
  t.strictSame(queries.map(({ name }) => name), ['list_books', 'find_author', 'find_author', 'find_author'])

  const unawaited = await queriesOf(app, () => { app.sql`/* slow */ select pg_sleep(0.05)`.execute() })
  t.match(unawaited, [{ name: 'slow', rows: 1 }])
  const asked = await queriesOf(app, async () => {
    app.sql`/* slow */ select pg_sleep(0.05)`.execute()
    await app.sql`/* fast */ select 1`
  })
  t.match(asked, [{ name: 'slow', rows: 1 }, { name: 'fast', rows: 1 }])

  await t.rejects(queriesOf(app, async () => { throw new RangeError('broken') }), RangeError)
  await t.rejects(queriesOf(Fastify(), () => {}), { name: 'TypeError', message: /register the plugin postgres/ })
})

t.test('without a listener nothing is made', async t => {
  const app = Fastify()
  await app.register(postgres, { url })
  t.teardown(async () => { await app.close() })
  const { announce } = await import('../../../src/postgres/query/query-events.js')
  t.equal(announce({} as never, { pool: '' }), undefined)
})
