import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { long, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { patience, until } from '../fixtures/until.js'

t.test('PostgreSQL is killed and started again', async t => {
  const postgres = await startPostgres(t)
  const subject = await startSubject(t, postgres.url)
  const { readiness, metric } = subject

  const killedAt = performance.now()
  await postgres.signal('SIGKILL')
  await sleep(long ? 5000 : 1500)
  await postgres.start()
  const startedAt = performance.now()
  await readiness.until(startedAt, 200)
  await until('errors to be counted', async () => await metric('db_query_errors_total') > 0)

  const noticed = readiness.seconds(killedAt, 503)
  const recovered = readiness.seconds(startedAt, 200)
  t.ok(noticed !== undefined && noticed < 2 * patience, `not ready after ${noticed} s`)
  t.ok(recovered !== undefined && recovered < 2 * patience, `ready again after ${recovered} s`)
  t.equal(await metric('db_query_errors_total', { code: 'UNKNOWN' }), 0, 'each by its code')
  await report(t, '01-killed', {
    fault: 'PostgreSQL killed (-9), started again after 5 s',
    noticed,
    recovered,
    ...await subject.finish(t),
    seen: `${await metric('db_query_errors_total')} queries failed, each counted by its code`,
    promised: 'No crash; readiness 503 within 2 s, 200 within 2 s of its return; ' +
      'no alert that was answered with 200 is lost'
  })
})
