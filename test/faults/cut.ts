import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connectionCutter } from '../fixtures/connection-cutter.js'
import { long, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { unhurried } from '../fixtures/service.js'
import { patience, until } from '../fixtures/until.js'

t.test('connections', async t => {
  const postgres = await startPostgres(t)

  await t.test('that are cut one by one are each counted and replaced', async t => {
    const subject = await startSubject(t, postgres.url, { environment: long ? {} : unhurried })
    const { sql, metric } = subject
    const opened = await metric('db_connections_opened_total')
    const cutter = connectionCutter(sql)
    for (let i = 0; i < (long ? 100 : 20); i++) {
      await until('a connection to be cut', cutter.cut)
      await sleep(100)
    }
    const asked = await metric('http_requests_started_total')
    await until('requests to be served again', async () => await metric('http_requests_started_total') > asked + 20)
    const cut = cutter.count()
    await until('each to be counted', async () => await metric('db_connections_closed_total') === cut)
    t.ok(await metric('db_connections_opened_total') > opened)
    await report(t, '03-cut', {
      fault: 'Connections cut one by one (`pg_terminate_backend`)',
      ...await subject.finish(t),
      seen: `${cut} were cut; each is in \`db_connections_closed_total\`; ` +
        `${await metric('db_query_errors_total')} queries failed and were asked again`,
      promised: 'Each is counted and replaced; statements are asked again, up to twice'
    })
  })

  await t.test('whose prepared plans are stale are prepared again; a restart has them opened again', async t => {
    const subject = await startSubject(t, postgres.url, {
      writes: 0.2,
      connections: 40,
      pause: 0,
      environment: long ? {} : unhurried
    })
    const { sql, metric, readiness, load } = subject
    await sql`alter table alerts alter column receiver type varchar(500)`
    await until('a statement to be prepared anew', async () => await metric('db_query_retries_total') > 0)
    const retries = await metric('db_query_retries_total')
    t.notOk(load.outcomes()['503'], 'no request failed of it')

    const stoppedAt = performance.now()
    await postgres.stop()
    await readiness.until(stoppedAt, 503)
    await postgres.start()
    const startedAt = performance.now()
    await readiness.until(startedAt, 200)
    await sql`alter table alerts alter column receiver type text`
    await sleep(500)
    const recovered = readiness.seconds(startedAt, 200)
    t.ok(recovered !== undefined && recovered < 2 * patience, `ready again after ${recovered} s`)
    await report(t, '04-restarted', {
      fault: 'A column changes its type under prepared plans; then the server restarts',
      noticed: readiness.seconds(stoppedAt, 503),
      recovered,
      ...await subject.finish(t),
      seen: `the driver prepared ${retries} statements anew, and no request failed of that`,
      promised: 'Stale plans fail no request; readiness 503 within 2 s, 200 within 2 s of its return'
    })
  })
})
