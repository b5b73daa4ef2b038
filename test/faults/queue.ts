import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { long, quantile, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

t.test('a queue for connections that grows is bounded, and seen', async t => {
  const postgres = await startPostgres(t)
  const acquire = 1000
  const environment = {
    DATABASE_POOL_SIZE: '2',
    DATABASE_ACQUIRE_TIMEOUT_MS: String(acquire),
    DATABASE_QUERY_TIMEOUT_MS: '0',
    HEALTH_TIMEOUT_MS: unhurried.HEALTH_TIMEOUT_MS
  }
  const subject = await startSubject(t, postgres.url, { environment, connections: 100, writes: 1 })
  const { load, metric, readiness } = subject
  const locker = createClient({ url: postgres.url, poolSize: 1 })
  t.teardown(async () => { await locker.end({ timeout: 1 }) })

  let longest = 0
  const lockedAt = performance.now()
  await locker.begin(async sql => {
    await sql`lock table alerts in exclusive mode`
    const end = performance.now() + (long ? 20_000 : 4000)
    while (performance.now() < end) {
      longest = Math.max(longest, await metric('db_queries_queued'))
      await sleep(100)
    }
  })
  const unlockedAt = performance.now()
  const refused = load.answers.filter(({ at, outcome }) => at > lockedAt &&
    at < unlockedAt &&
    outcome === '503').map(({ milliseconds }) => milliseconds)
  const servedAgain = () => load.answers.find(({ at, outcome }) => at > unlockedAt && outcome === '200')
  await until('it to serve again', () => servedAgain() !== undefined)
  t.ok(longest > 10, `${longest} queries were seen to wait`)
  t.ok(
    quantile(refused, 0.5) < (unlockedAt - lockedAt) / 2,
    `${refused.length} refused after ${quantile(refused, 0.5)} ms, long before the lock was given back`
  )
  t.ok(await metric('db_query_errors_total', { code: 'ACQUIRE_TIMEOUT' }) >= refused.length - 100)
  t.equal(await metric('db_queries_queued') < 100, true)
  t.equal(readiness.seconds(lockedAt, 503), undefined, 'a saturated pool is not a dead database')
  await report(t, '10-queue', {
    fault: 'A queue for connections that grows: a lock, 100 clients, a pool of 2',
    recovered: ((servedAgain()?.at ?? NaN) - unlockedAt) / 1000,
    ...await subject.finish(t),
    seen: `up to ${longest} queries waited, as \`db_queries_queued\` tells; ` +
      `half of those refused were so within ${(quantile(refused, 0.5) / 1000).toFixed(1)} s`,
    promised: 'A query waits for at most `DATABASE_ACQUIRE_TIMEOUT_MS` (here 1 s), ' +
      'then its request gets 503; `ACQUIRE_TIMEOUT` counts them'
  })
})
