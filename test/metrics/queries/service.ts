import t from 'tap'
import { alert, payload } from '../../fixtures/alertmanager.js'
import { build } from '../../fixtures/app.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { read } from '../../fixtures/measured.js'
import { queriesOf } from '../../../src/postgres/queries-of.js'

const { url } = await startPostgres(t)
const token = 'for operators'

t.test('the journal\'s routes ask by request.sql, so that each is known by what it asks', async t => {
  // Without what the journal does by itself.
  const app = await build(t, { DATABASE_URL: url, JOURNAL_RETENTION_DAYS: '0', JOURNAL_STALE_AFTER_SECONDS: '0' })
  const of = (method: string, route: string) => read(app.metrics.catalogue, 'http.server.db.queries', { method, route })
  const asked: Record<string, number> = {}
  for (const [method, path, route, status] of [
    ['POST', '/api/alerts', '/api/alerts', 200], ['GET', '/api/alerts', '/api/alerts', 200],
    ['GET', '/api/alerts/summary', '/api/alerts/summary', 200], ['GET', '/api/alerts/7', '/api/alerts/:id', 404],
    ['GET', '/api/alerts?label=a%3Db&name=c', '/api/alerts', 200]
  ] as const) {
    const all = await queriesOf(app, async () => {
      const { statusCode } = await app.inject(
        { method, url: path, ...method === 'POST' && { payload: payload([alert()]) } }
      )
      t.equal(statusCode, status, `${method} ${path}`)
    })
    // What the journal asks by itself once it has started.
    const queries = all.filter(({ name }) => name !== 'count_alerts')
    t.ok(queries.length > 0, `${method} ${path}: ${queries.length}`)
    const key = `${method} ${route}`
    asked[key] = (asked[key] ?? 0) + queries.length
  }
  for (const [key, queries] of Object.entries(asked)) {
    const [method, route] = key.split(' ') as [string, string]
    t.equal(of(method, route).sum, queries, key)
  }
  await app.inject('/health/live')
  t.equal(of('GET', '/health/live').count, 0)
})

t.test('Server-Timing is off, and where there is a token for operators only they are told', async t => {
  const timing = async (environment: Record<string, string>, headers: Record<string, string> = {}) => {
    const app = await build(t, { DATABASE_URL: url, ...environment })
    const { headers: answered } = await app.inject({ url: '/api/alerts', headers })
    return answered['server-timing']
  }
  t.equal(await timing({}), undefined)
  t.match(
    await timing({ SERVER_TIMING: 'true' }),
    /^db;dur=[\d.]+;desc="\d+ quer(y|ies)", pool;dur=[\d.]+, total;dur=[\d.]+$/
  )
  const guarded = { SERVER_TIMING: 'true', MANAGEMENT_TOKEN: token }
  t.equal(await timing(guarded), undefined)
  t.equal(await timing(guarded, { authorization: 'Bearer another' }), undefined)
  t.match(await timing(guarded, { authorization: `Bearer ${token}` }), /total;dur=/)
})
