import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { alert, payload } from '../fixtures/alertmanager.js'
import { build } from '../fixtures/app.js'
import { createClient } from '../../src/postgres/client.js'
import { startPostgres } from '../fixtures/postgres.js'

t.test('twenty costly summaries at once leave small reads, writes and probes as they are', async t => {
  const { url } = await startPostgres(t)
  // As long as one of millions of alerts takes, on any machine: the function by which it finds the last of a name
  // sleeps.
  const admin = createClient({ url, poolSize: 1 })
  await admin.unsafe(`
    create schema slow;
    create function slow.later (timestamptz, timestamptz) returns timestamptz language sql volatile
      as $$ select greatest($1, $2) from pg_sleep(case when $1 is null then 1.5 else 0 end) $$;
    create aggregate slow.max (timestamptz) (sfunc = slow.later, stype = timestamptz);
    alter database postgres set search_path = public, slow, pg_catalog`)
  await admin.end()
  const app = await build(t, { DATABASE_URL: url, PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0', HEALTH_KEEP_MS: '0' })
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
  await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    await ask('summary', async () => await app.inject(`/api/alerts/summary?from=2026-01-${10 + index}T00:00:00Z`))
  }))
  going.on = false
  await Promise.all(others)

  const { summary = [], ...rest } = statuses
  t.strictSame(new Set(summary), new Set([200, 503]), 'some are answered, the others refused')
  t.ok(summary.filter(status => status === 200).length >= 2, `${summary}`)
  for (const [kind, found] of Object.entries(rest)) {
    t.strictSame([...new Set(found)], [200], kind)
    t.ok(found.length > 10, `${found.length} ${kind}s meanwhile`)
  }
})
