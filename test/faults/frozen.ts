import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { long, openFiles, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('PostgreSQL is frozen', async t => {
  const postgres = await startPostgres(t)
  const [acquire, execute, seconds] = long ? [2000, 5000, 10] : [500, 1000, 4]
  const subject = await startSubject(
    t,
    postgres.url,
    { environment: { DATABASE_ACQUIRE_TIMEOUT_MS: String(acquire), DATABASE_QUERY_TIMEOUT_MS: String(execute) } }
  )
  const { readiness, load, metric, service } = subject

  const filesBefore = await openFiles(service.process.pid)
  const slowestWell = Math.max(...load.answers.map(({ milliseconds }) => milliseconds))
  const frozenAt = performance.now()
  await postgres.signal('SIGSTOP')
  await sleep(seconds * 1000)
  const filesFrozen = await openFiles(service.process.pid)
  const errors = await metric('db_query_errors_total')
  await postgres.signal('SIGCONT')
  const thawedAt = performance.now()
  await readiness.until(thawedAt, 200)
  const answered = load.answers.length
  await until('it to serve again', () => load.answers.slice(answered).some(({ outcome }) => outcome === '200'))
  const probes = await subject.sql`select from pg_stat_activity where application_name like '% probe'`
  // Ended here, so that each request that was under way has its answer.
  const counted = await subject.finish(t)

  const slowest = Math.max(...load.answers.filter(({ at }) => at > frozenAt).map(({ milliseconds }) => milliseconds))
  // A query whose connection was given up may have been asked again, and then waits for a new one.
  const deadline = acquire + execute
  t.ok(
    slowest < deadline + 1500 + 5 * slowestWell,
    `the slowest request was answered after ${slowest} ms, and before after ${slowestWell} ms`
  )
  if (filesBefore !== undefined && filesFrozen !== undefined) {
    t.ok(filesFrozen - filesBefore <= 10, `${filesBefore} files were open before, ${filesFrozen} then`)
  }
  t.ok(probes.length <= 2, `${probes.length} connections of probes`)
  t.ok(errors > 0)
  await report(t, '02-frozen', {
    fault: 'PostgreSQL frozen (SIGSTOP) for 10 s',
    noticed: readiness.seconds(frozenAt, 503),
    recovered: readiness.seconds(thawedAt, 200),
    ...counted,
    seen: `the slowest request was answered after ${(slowest / 1000).toFixed(1)} s`,
    promised: 'A request gets 503 within `DATABASE_ACQUIRE_TIMEOUT_MS` + `DATABASE_QUERY_TIMEOUT_MS`; ' +
      'checks do not pile up'
  })
})
