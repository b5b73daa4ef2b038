import { execFileSync } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createClient, type ISql, type Sql } from '../../src/postgres/client/client.js'
import { alert, payload, type WebhookAlert } from '../fixtures/alertmanager.js'
import { report, startSubject, type Subject } from '../fixtures/faults.js'
import { missing, startLoad } from '../fixtures/load.js'
import { startPostgres } from '../fixtures/postgres.js'
import { smallDisk } from '../fixtures/small-disk.js'
import { until } from '../fixtures/until.js'

const promised = 'Status 503 with `Retry-After`, counted by its code; asked again only where the server undid all of it'

const pidOf = async (sql: ISql) => (await sql<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid
const isBlocking = async (sql: ISql, pid: number) =>
  (await sql`select from pg_stat_activity where ${pid} = any(pg_blocking_pids(pid))`).length > 0
const isBlocked = async (sql: ISql, pid: number) =>
  (await sql`select from unnest(pg_blocking_pids(${pid}))`).length > 0

t.test('what PostgreSQL refuses', async t => {
  const postgres = await startPostgres(t, { settings: { deadlock_timeout: '100ms' } })

  async function subjectOf (t: Test, environment = {}): Promise<Subject> {
    // Nothing but what a test is about is refused, however busy the machine.
    const patient = { DATABASE_ACQUIRE_TIMEOUT_MS: '60000', DATABASE_QUERY_TIMEOUT_MS: '60000' }
    return await startSubject(t, postgres.url, { environment: { ...patient, ...environment }, connections: 2 })
  }
  const post = async ({ service }: Subject, alerts: WebhookAlert[]) => {
    const response = await fetch(`${service.origin}/api/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload(alerts))
    })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await response.json() as Record<string, unknown>
    }
  }
  const other = (t: Test): Sql => {
    const sql = createClient({ url: postgres.url, poolSize: 1 })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    return sql
  }

  await t.test('max_connections reached', async t => {
    const { url } = await startPostgres(t, { settings: { max_connections: '20' } })
    const subject = await startSubject(t, url, { connections: 2 })
    const { metric, sql } = subject
    await sql`select 1`
    // A pool that has some connections would wait for one of these.
    const hogs = Array.from({ length: 30 }, () => createClient({ url, poolSize: 1, applicationName: 'hog' }))
    const held = hogs.map(async hog => { await hog`select pg_sleep(60)` })
    const holding = Promise.allSettled(held)
    await t.rejects(Promise.all(held), { code: '53300' })

    const load = startLoad(t, subject.service.origin, { connections: 20 })
    await until(
      'connections to be refused',
      async () => await metric('db_connection_errors_total', { code: '53300' }) > 10
    )
    const refused = await post(subject, [alert({ fingerprint: 'refused' })])
    if (refused.status !== 200) t.match(refused, { status: 503, retryAfter: '5' })
    await Promise.all(hogs.map(async hog => { await hog.end({ timeout: 0 }) }))
    await holding
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hog'`
    const freedAt = performance.now()
    await until(
      'all to be served',
      () => load.answers.length > 200 && load.answers.slice(-100).every(({ outcome }) => outcome === '200')
    )
    const { 200: _, ...failed } = await load.stop()
    t.strictSame(Object.keys(failed).filter(outcome => outcome !== '503'), [])
    const lastRefused = load.answers.findLast(({ outcome }) => outcome !== '200')?.at ?? freedAt
    const finished = await subject.finish(t)
    await report(t, '05-max-connections', {
      fault: '`max_connections` reached',
      recovered: Math.max(0, lastRefused - freedAt) / 1000,
      requests: finished.requests + load.answers.length,
      failed: { 503: (finished.failed['503'] ?? 0) + (failed['503'] ?? 0) },
      lost: finished.lost + (await missing(sql, load.stored())).length,
      seen: `${await metric('db_connection_errors_total', { code: '53300' })} connections were refused (53300)`,
      promised
    })
  })

  await t.test('statement timeout', async t => {
    const subject = await subjectOf(t, { DATABASE_QUERY_TIMEOUT_MS: '500' })
    const { metric } = subject
    const locker = other(t)
    await locker.begin(async sql => {
      await sql`lock table alerts in exclusive mode`
      const { status, retryAfter, body } = await post(subject, [alert({ fingerprint: 'blocked' })])
      t.match({ status, retryAfter, body }, { status: 503, retryAfter: '5', body: { code: 'DATABASE_UNAVAILABLE' } })
    })
    t.ok(await metric('db_query_errors_total', { code: '57014' }) > 0)
    t.equal((await post(subject, [alert({ fingerprint: 'blocked' })])).status, 200)
    await report(
      t,
      '06-statement-timeout',
      {
        fault: 'Statement timeout, behind a lock',
        ...await subject.finish(t),
        seen: 'the server cancelled the statement (57014)',
        promised
      }
    )
  })

  await t.test('deadlock', async t => {
    const subject = await subjectOf(t)
    const { metric, sql } = subject
    const [rival, third] = [other(t), other(t)]
    const insert = async (sql: Pick<Sql, 'unsafe'>, fingerprint: string) => {
      await sql.unsafe(`insert into alerts (fingerprint, starts_at, status, name, labels, annotations,
        generator_url, receiver, group_key, external_url, last_heard_at)
      values ('${fingerprint}', '2026-01-31T12:00:00.123456789Z', 'firing', '', '{}', '{}', '', '', '', '', now())`)
    }
    /** The server looks for a deadlock once, after a session's timeout: for the one that waits last, the service's. */
    const deadlock = async (round: number) => {
      const [one, two, three] = [1, 2, 3].map(n => `deadlock ${round} ${n}`) as [string, string, string]
      const askedAt = performance.now()
      const holder = await third.reserve()
      const holding = await pidOf(holder)
      await holder`begin`
      await insert(holder, two)
      const { posted } = await rival.begin(async rival => {
        await rival`set local deadlock_timeout = '600s'`
        await insert(rival, three)
        const posted = post(subject, [one, two, three].map(fingerprint => alert({ fingerprint })))
        await until('the service to wait', async () => await isBlocking(sql, holding))
        const waiting = await pidOf(rival)
        const inserted = insert(rival, one)
        await until('the rival to wait', async () => await isBlocked(sql, waiting))
        await holder`rollback`
        await inserted
        return { posted }
      })
      holder.release()
      const { status, body } = await posted
      return { status, body, seconds: (performance.now() - askedAt) / 1000 }
    }
    let round = 1
    let answer = await deadlock(round)
    // A busy machine may take longer than the service tries again for.
    while (answer.status === 503 && answer.seconds > 4) answer = await deadlock(++round)
    t.equal(answer.status, 200, JSON.stringify(answer))
    t.ok(await metric('db_query_errors_total', { code: '40P01' }) > 0)
    t.equal((await sql`select from alerts where fingerprint like ${`deadlock ${round} %`}`).length, 3)
    await report(
      t,
      '07-deadlock',
      {
        fault: 'Deadlock',
        ...await subject.finish(t),
        seen: 'the statement was undone (40P01), asked again, and its request got 200',
        promised
      }
    )
  })

  await t.test('an alert changed by another, where transactions are repeatable reads by default', async t => {
    await other(t).unsafe('alter database postgres set default_transaction_isolation = \'repeatable read\'')
    const subject = await subjectOf(t)
    const { metric, sql } = subject
    const known = alert({ fingerprint: 'serialization' })
    t.equal((await post(subject, [known])).status, 200)
    const rival = other(t)
    // Else it would be this one that fails, when the load has ended the alert meanwhile.
    const answer = await rival.begin('isolation level read committed', async rival => {
      await rival`update alerts set annotations = '{"changed": "meanwhile"}' where fingerprint = 'serialization'`
      const holding = await pidOf(rival)
      const posted = post(subject, [alert({ fingerprint: 'serialization', endsAt: '2026-01-31T13:00:00Z' })])
      await until('the service to wait', async () => await isBlocking(sql, holding))
      return { posted }
    })
    const { status, body } = await answer.posted
    t.match({ status, body }, { status: 200, body: { resolved: 1 } })
    t.equal(await metric('db_query_errors_total', { code: '40001' }), 0)
    await other(t).unsafe('alter database postgres reset default_transaction_isolation')
    await report(
      t,
      '08-serialization',
      {
        fault: 'An alert changed by another, where transactions are repeatable reads by default',
        ...await subject.finish(t),
        seen: 'its request waited for the other, and got 200',
        promised
      }
    )
  })

  await t.test('disk full', async t => {
    const mount = await smallDisk(t, 8)
    if (mount === undefined) return
    const disk = join(mount, 'small')
    await mkdir(disk)
    await chmod(disk, 0o700)
    if (process.getuid?.() === 0) execFileSync('chown', ['65534:65534', disk])
    const subject = await subjectOf(t)
    const { metric, sql, load, readiness } = subject
    await sql.unsafe(`create tablespace small location '${disk}'`)
    await sql`alter table alerts set tablespace small`
    await sql.unsafe('create table filler (text text) tablespace small')
    const fullAt = performance.now()
    await t.rejects(
      sql`insert into filler select md5(random()::text) from generate_series(1, 300000)`,
      { code: '53100' }
    )
    await fillUp(sql)
    await until('alerts to be refused', async () => await metric('db_query_errors_total', { code: '53100' }) > 0, 60)
    t.equal(readiness.seconds(fullAt, 503), undefined, 'what only reads is served: it stays ready')
    await sql`drop table filler`
    const answered = load.answers.length
    await until(
      'all to be served',
      () => load.answers.length > answered + 20 && load.answers.slice(-10).every(({ outcome }) => outcome === '200')
    )
    const counted = await metric('db_query_errors_total', { code: '53100' })
    await report(
      t,
      '09-disk-full',
      {
        fault: 'Disk full at the server',
        ...await subject.finish(t),
        seen: `${counted} statements failed (53100)`,
        promised
      }
    )
    await sql`alter table alerts set tablespace pg_default`
    await sql.unsafe('drop tablespace small')
  })
})

/** Takes the last free pages, a row at a time. */
async function fillUp (sql: Sql): Promise<void> {
  for (const rows of [10_000, 1000, 100, 10, 1]) {
    for (let failed = false; !failed;) {
      failed = await sql`insert into filler select md5(random()::text) from generate_series(1, ${rows}::int)`
        .then(() => false, () => true)
    }
  }
}
