import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { alert, payload } from '../fixtures/alertmanager.js'
import { build } from '../fixtures/app.js'
import { gate } from '../fixtures/http.js'
import { createClient } from '../../src/postgres/client/client.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('twenty costly summaries at once leave small reads, writes and probes as they are', async t => {
  const { url } = await startPostgres(t)
  // As long as this test wants: the function by which it finds the last of a name waits for a lock, which is held here.
  const admin = createClient({ url, poolSize: 2 })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin.unsafe(`
    create schema slow;
    create function slow.later (timestamptz, timestamptz) returns timestamptz language sql volatile
      as $$ select greatest($1, $2) from (
        select case when $1 is null then pg_advisory_xact_lock_shared(7)::text end
      ) as held $$;
    create aggregate slow.max (timestamptz) (sfunc = slow.later, stype = timestamptz);
    alter database postgres set search_path = public, slow, pg_catalog`)
  const { opened, open } = gate()
  const holding = admin.begin(async sql => {
    await sql`select pg_advisory_xact_lock(7)`
    await opened
  })
  t.teardown(open)
  const app = await build(t, {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: '10',
    // What the summaries would hold up waits as long as they do, and not for want of a processor either.
    DATABASE_QUERY_TIMEOUT_MS: '0',
    DATABASE_ACQUIRE_TIMEOUT_MS: '0',
    HEALTH_TIMEOUT_MS: '600000',
    PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0',
    HEALTH_KEEP_MS: '0'
  })
  const post = async (instance: string) => {
    const alerts = [alert({ labels: { alertname: 'Many', instance }, startsAt: new Date().toISOString() })]
    return await app.inject({ method: 'POST', url: '/api/alerts', payload: payload(alerts, { groupKey: instance }) })
  }
  t.equal((await post('first')).statusCode, 200)

  const statuses: Record<string, number[]> = { summary: [], read: [], write: [], probe: [] }
  const ask = async (kind: string, request: () => Promise<{ statusCode: number }>) => {
    statuses[kind]?.push((await request()).statusCode)
  }
  const going = { on: true }
  const others = [
    ...Array.from(
      { length: 6 },
      (_, index) => [
        'read',
        async () => await app.inject(
          ['/api/alerts?limit=5', '/api/alerts?status=firing', '/api/alerts/1'][index % 3] as string
        )
      ] as const
    ),
    ['write', async () => await post(`instance-${statuses['write']?.length}`)] as const,
    ['probe', async () => await app.inject('/health/ready')] as const
  ].map(async ([kind, request]) => {
    while (going.on) {
      await ask(kind, request)
      await sleep(20)
    }
  })
  const summaries = Promise.all(Array.from({ length: 20 }, async (_, index) => {
    await ask('summary', async () => await app.inject(`/api/alerts/summary?from=2026-01-${10 + index}T00:00:00Z`))
  }))
  const { summary = [], ...rest } = statuses
  await until('all but those under way to be refused, and enough else to be asked', () =>
    summary.length === 18 && Object.values(rest).every(({ length }) => length > 10), 30)
  going.on = false
  await Promise.all(others)
  t.strictSame([...new Set(summary)], [503], 'those that wait are refused in the end')
  open()
  await holding
  await summaries
  t.strictSame(summary.slice(18), [200, 200], 'a fifth of the connections serves them')
  for (const [kind, found] of Object.entries(rest)) t.strictSame([...new Set(found)], [200], kind)
})
