import { connect as openSocket } from 'node:net'
import t from 'tap'
import { createClient } from '../../../src/postgres/client/client.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

t.test('subscriptions', async t => {
  const { url } = await startPostgres(t, { settings: { wal_level: 'logical', max_replication_slots: '1' } })
  const admin = createClient({ url, poolSize: 1, applicationName: 'admin' })
  t.teardown(async () => { await admin.end({ timeout: 1 }) })
  await admin`create table marks (name text primary key)`
  await admin`create publication alltables for all tables`
  const followers = async () => (await admin<Array<{ pid: number }>>`
    select pid from pg_stat_activity where backend_type = 'walsender'`).map(({ pid }) => pid)
  const noneLeft = async () => { await until('no session to be left', async () => (await followers()).length === 0) }

  await t.test('share a session, are told each its events, and one that ends leaves the others', async t => {
    const sql = createClient({ url, driver: { publications: 'alltables' } })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    const told = { inserted: [] as unknown[], all: [] as unknown[], gone: [] as unknown[] }
    const calls = { subscribed: 0, lost: [] as unknown[] }
    const follow = async (event: string, list: unknown[]) => await sql.subscribe(
      event,
      (row, { command }) => { list.push(`${command} ${row?.['name']}`) },
      () => { calls.subscribed++ },
      (...args: unknown[]) => { calls.lost.push(args[0]) }
    )
    const { state } = await follow('insert:marks', told.inserted) as unknown as { state: { pid: number } }
    await follow('*', told.all)
    const gone = await follow('*:marks', told.gone)
    t.equal(calls.subscribed, 3)
    t.strictSame(await followers(), [state.pid], 'it is known which session that is')

    await admin`insert into marks values ('one')`
    await until('all to be told', () => [told.inserted, told.all, told.gone].every(list => list.length === 1))
    gone.unsubscribe()
    await admin`update marks set name = 'two'`
    await admin`delete from marks`
    await until('the rest to be told', () => told.all.length === 3)
    t.strictSame(told, {
      inserted: ['insert one'],
      all: ['insert one', 'update two', 'delete two'],
      gone: ['insert one']
    })

    const before = state.pid
    await admin`select pg_terminate_backend(${before})`
    await until('both to be subscribed again', () => calls.subscribed === 5)
    const closed = { code: 'CONNECTION_CLOSED', cause: undefined }
    t.match(calls.lost, [closed, closed], 'for no other reason')
    await until('the former session to be gone', async () => (await followers()).length === 1)
    t.not(state.pid, before)
    t.strictSame(await followers(), [state.pid], 'and so it is of the session that took its place')
    await admin`insert into marks values ('three')`
    await until('both to be told', () => told.inserted.length === 2 && told.all.length === 4)
    t.equal(told.gone.length, 1)
    await sql.end({ timeout: 1 })
    await noneLeft()
    t.equal(calls.lost.length, 2, 'an end is no loss')
  })

  await t.test('begin anew when the session that they share is closed, and not when it is ended', async t => {
    const sql = createClient({ url, driver: { publications: 'alltables' } })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    const told: unknown[] = []
    let subscribed = 0
    const subscribe = async () => {
      const handle = await sql.subscribe('insert:marks', row => { told.push(row?.['name']) }, () => { subscribed++ })
      return (handle as unknown as { sql: Record<'close' | 'end', () => Promise<void>> }).sql
    }
    const session = await subscribe()
    const [before] = await followers()
    await session.close()
    t.notOk((await followers()).includes(before as number))
    await until('it to be subscribed again', () => subscribed === 2)
    await admin`insert into marks values ('four')`
    await until('it to be told', () => told.length === 1)
    await session.end()
    await noneLeft()
    await t.rejects(subscribe(), { code: 'CONNECTION_ENDED' })
    t.equal(subscribed, 2)
  })

  await t.test('share a session, too, when they come right after one that failed', async t => {
    await admin`select pg_create_logical_replication_slot('taken', 'pgoutput')`
    let free = Promise.resolve()
    const socket = async () => {
      await free
      return openSocket(Number(new URL(url).port), '127.0.0.1')
    }
    const sql = createClient({ url, driver: { publications: 'alltables', socket } })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    const { code } = await sql.subscribe('*', () => {}).catch(error => error)
    free = admin`select pg_drop_replication_slot('taken')`.then(() => {})
    for (const event of ['insert', 'update']) await sql.subscribe(event, () => {})
    t.equal(code, '53400', 'there are no more slots')
    t.equal((await followers()).length, 1)
    await sql.end({ timeout: 1 })
    await noneLeft()
  })

  await t.test('end with their client, also while they are asked for, and none is taken after that', async t => {
    const sql = createClient({ url, driver: { publications: 'alltables' } })
    const asked = sql.subscribe('*', () => {})
    const told = asked.then(() => 'subscribed', ({ code }) => code)
    await sql.end({ timeout: 1 })
    t.match(await told, /^CONNECTION_(ENDED|CLOSED)$/)
    await noneLeft()
    await t.rejects(sql.subscribe('*', () => {}), { code: 'CONNECTION_ENDED' })
  })
})
