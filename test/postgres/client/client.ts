import { connect as openSocket } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient } from '../../../src/postgres/client/client.js'
import type { ClientOptions } from '../../../src/postgres/client/client-options.js'
import type { TransactionSql } from '../../../src/postgres/client/transaction.js'
import { gate } from '../../fixtures/http.js'
import { startNetwork } from '../../fixtures/network.js'
import { startPostgres } from '../../fixtures/postgres.js'
import { until } from '../../fixtures/until.js'

t.test('what postgres.js documents besides queries', async t => {
  const { url } = await startPostgres(t, { settings: { max_prepared_transactions: '5', wal_level: 'logical' } })
  const admin = createClient({ url, applicationName: 'admin' })
  t.teardown(async () => { await admin.end() })
  await admin`create table marks (name text)`
  const marks = async () => (await admin<Array<{ name: string }>>`select name from marks order by name`)
    .map(({ name }) => name)
  t.afterEach(async () => { await admin`truncate marks` })

  function client (t: Test, options: Partial<ClientOptions> = {}) {
    const sql = createClient({ url, poolSize: 2, ...options })
    t.teardown(async () => { await sql.end({ timeout: 0 }) })
    return sql
  }
  /** A client that cannot connect while its way is closed, as it is at first. */
  function barred (t: Test, driver = {}) {
    const way = { isOpen: false, refused: 0 }
    const socket = () => {
      if (way.isOpen) return openSocket(Number(new URL(url).port), '127.0.0.1')
      way.refused++
      throw Object.assign(new Error('No way there'), { code: 'NO_WAY' })
    }
    return { sql: client(t, { driver: { ...driver, socket } }), way }
  }
  const sessions = async () => await admin<Array<{ state: string }>>`
    select state from pg_stat_activity where application_name = 'fastify-vitals'`

  await t.test('listen', async t => {
    const sql = client(t)
    const heard: string[] = []
    const hear = (who: string) => (payload: string) => { heard.push(`${who} ${payload}`) }
    const channel = 'Odd "channel"'
    /** What was sent before has been heard, for a session is told in order. */
    const all = async () => {
      const length = heard.length
      await admin.notify('end', '')
      await until('all to be heard', () => heard.length > length && heard.at(-1) === 'end ')
      return heard.splice(0).slice(0, -1)
    }
    await sql.listen('end', hear('end'))

    await t.test('tells each of a channel, however it is called, until it listens no more', async t => {
      let listening = 0
      const one = await sql.listen(channel, hear('one'), () => { listening++ })
      const other = await sql.listen(channel, hear('other'))
      t.equal(listening, 1)
      await admin.notify(channel, 'first')
      t.strictSame(await all(), ['one first', 'other first'])
      await other.unlisten()
      await other.unlisten()
      await admin.notify(channel, 'second')
      t.strictSame(await all(), ['one second'])
      await one.unlisten()
      const [session] = await admin`select query from pg_stat_activity where pid = ${one.state.pid}`
      t.match(session?.['query'], /^unlisten "Odd/, 'the server need not tell any more')
      await admin.notify(channel, 'third')
      t.strictSame(await all(), [])
      await sql.listen(channel, hear('again'))
      await admin.notify(channel, 'fourth')
      t.strictSame(await all(), ['again fourth'])
    })

    await t.test('says why it cannot, each time', async t => {
      for (const attempt of [1, 2]) await t.rejects(sql.listen('', () => {}), { code: '42601' }, `${attempt}`)
    })

    await t.test('listens anew to all of them when its connection was lost, and says so', async t => {
      const listened: string[] = []
      const { state } = await sql.listen('one', hear('one'), () => { listened.push('one') })
      const two = await sql.listen('two', hear('two'), () => { listened.push('two') })
      const gone = await sql.listen('gone', hear('gone'), () => { listened.push('gone') })
      await gone.unlisten()
      t.strictSame(listened.splice(0), ['one', 'two', 'gone'])
      t.equal(two.state.pid, state.pid, 'one connection listens to all')
      await admin`select pg_terminate_backend(${state.pid})`
      await until('it to listen again', () => listened.length === 2)
      t.strictSame(listened.splice(0), ['one', 'two'])
      t.not(two.state.pid, state.pid)
      for (const channel of ['one', 'gone', 'two']) await admin.notify(channel, 'hello')
      t.strictSame(await all(), ['one hello', 'two hello'])

      await admin`select pg_terminate_backend(${two.state.pid})`
      await two.unlisten()
      await until('it to listen again', () => listened.length > 0)
      t.strictSame(listened, ['one'])
      for (const channel of ['one', 'two']) await admin.notify(channel, 'hello')
      t.strictSame(await all(), ['one hello'])
    })

    await t.test('connects again where it could not', async t => {
      const { sql, way } = barred(t)
      await t.rejects(sql.listen('news', hear('news')), { code: 'NO_WAY' })
      way.isOpen = true
      const { unlisten } = await sql.listen('news', hear('news'))
      await admin.notify('news', 'open')
      await until('it to be heard', () => heard.length === 1)
      t.strictSame(heard.splice(0), ['news open'])
      await unlisten()
    })

    await t.test('tries until it can connect again, and listens no more meanwhile without an error', async t => {
      const { sql, way } = barred(t)
      way.isOpen = true
      let listening = 0
      await sql.listen('news', hear('news'), () => { listening++ })
      const { state, unlisten } = await sql.listen('gone', hear('gone'))
      way.isOpen = false
      await admin`select pg_terminate_backend(${state.pid})`
      // Up to a second in all: the pause is doubled each time.
      await until('it to try', () => way.refused > 5, 1)
      await unlisten()
      t.equal(listening, 1)
      way.isOpen = true
      await until('it to listen again', () => listening === 2)
      for (const channel of ['gone', 'news']) await admin.notify(channel, 'again')
      await until('it to be heard', () => heard.length > 0)
      t.strictSame(heard.splice(0), ['news again'])
    })

    await sql.end()
    await until('no session to be left', async () => (await sessions()).length === 0)
  })

  await t.test('subscribe connects again where it could not', async t => {
    await admin`create publication alltables for all tables`
    const { sql, way } = barred(t, { publications: 'alltables' })
    const seen: unknown[] = []
    let subscribed = 0
    const subscribe = async () =>
      await sql.subscribe('insert:marks', row => { seen.push(row?.['name']) }, () => { subscribed++ })
    await t.rejects(subscribe(), { code: 'NO_WAY' })
    way.isOpen = true
    const { state } = await subscribe() as unknown as { state: { pid: number } }
    await admin`insert into marks values ('told')`
    await until('it to be told', () => seen.length > 0)
    t.strictSame(seen, ['told'])

    Object.assign(way, { isOpen: false, refused: 0 })
    await admin`select pg_terminate_backend(${state.pid})`
    // Up to two seconds in all: the pause is doubled each time.
    await until('it to try', () => way.refused > 4, 2)
    t.equal(subscribed, 1)
    way.isOpen = true
    await until('it to be subscribed again', () => subscribed === 2)
    await admin`insert into marks values ('again')`
    await until('it to be told', () => seen.length > 1)
    t.strictSame(seen, ['told', 'again'])
    await sql.end()
    await t.rejects(subscribe(), { code: 'CONNECTION_ENDED' })
    await until('no session to be left', async () => (await sessions()).length === 0)
  })

  await t.test('cancel', async t => {
    await t.test('means what is executed at that moment, and nothing after it', async t => {
      const sql = client(t, { poolSize: 1 })
      const asked = sql`select n from generate_series(1, 3) as n`
      const over = asked.forEach(({ n }) => { if (n === 3) asked.cancel() }).then(() => {}, () => {})
      const next = sql`select pg_sleep(0.2), 'done' as next`.execute()
      await over
      t.match(await next, [{ next: 'done' }])
    })

    await t.test('has what comes next wait until the server has taken it', async t => {
      let opened = 0
      const { open, opened: isOpen } = gate()
      const socket = async () => {
        if (opened++ > 0) await isOpen
        return openSocket(Number(new URL(url).port), '127.0.0.1')
      }
      const sql = client(t, { poolSize: 1, driver: { socket } })
      const [asking, going] = [1, 2]
      const holder = await admin.reserve()
      await holder`select pg_advisory_lock(key) from unnest(array[${asking}::int, ${going}]) as key`
      const unlock = async (key: number) => { await holder`select pg_advisory_unlock(${key})` }
      const asked = sql`/* asked */ select pg_advisory_xact_lock_shared(${asking}), 'done' as asked`.execute()
      const executed = async (name: string) => (await admin`
        select from pg_stat_activity where query like ${`/* ${name}%`} and state = 'active'`).length === 1
      await until('it to be executed', async () => await executed('asked'))
      asked.cancel()
      const next = sql`/* next */ select pg_advisory_xact_lock_shared(${going}), 'done' as next`.execute()
      await unlock(asking)
      t.match(await asked, [{ asked: 'done' }])
      await sleep(20)
      t.notOk(await executed('next'))
      open()
      await unlock(going)
      holder.release()
      t.match(await next, [{ next: 'done' }])
      t.equal(opened, 2)
    })
  })

  await t.test('an error tells where in the program its query is', async t => {
    const sql = client(t)
    const stackOf = async (query: PromiseLike<unknown>) => await query.then(() => '', ({ stack }) => stack as string)
    const ask = async () => await stackOf(sql`select 1 / 0`)
    for (const stack of [await ask(), await ask()]) {
      t.equal(stack.match(/client\.ts\S*:\d+:\d+/g)?.length, 1, stack)
    }
    t.notMatch(await stackOf(sql.unsafe('select 1 / 0')), 'client.ts')
    const mine = Object.assign(new Error('Not so'), { stack: 'Mine' })
    const refuse = async () => await stackOf(sql`select 1`.forEach(() => { throw mine }))
    t.equal(await refuse(), await refuse(), 'an error that is thrown again has it once')
    const { parameters } = await sql`select ${1}::int / 0`.catch(error => error)
    t.strictSame(parameters, ['1'], 'and what its values are')
    const away = client(t, { url: 'postgres://127.0.0.1:1/none' })
    t.notMatch(await stackOf(away`select 1`), 'client.ts', 'nor has what is no error of the query')
  })

  await t.test('end waits for no server that does not answer', async t => {
    const network = await startNetwork(t, url)
    const sql = client(t, { url: network.url })
    await sql`select 1`
    network.stall()
    await sql.end()
    network.resume()
  })

  await t.test('large objects', async t => {
    const sql = client(t)
    const created = await sql.largeObject()
    await created.write(Buffer.from('Hello, world'))
    t.match(await created.tell(), [{ lo_tell64: '12' }])
    await created.seek(7)
    t.match(await created.tell(), [{ lo_tell64: '7' }])
    t.match(await created.read(5), [{ data: Buffer.from('world') }])
    t.match(await created.seek(-5, 2), [{ lo_lseek64: '7' }])
    t.match(await created.size(), [{ position: '7', size: '12' }])
    await created.truncate(5)
    t.match(await created.size(), [{ position: '7', size: '5' }])
    await created.close()
    const [{ oid }] = await admin<[{ oid: number }]>`select oid from pg_largeobject_metadata`
    const contents = async () => (await admin<[{ data: Buffer }]>`select lo_get(${oid}) as data`)[0].data.toString()
    t.equal(await contents(), 'Hello')
    t.strictSame((await sessions()).map(({ state }) => state), ['idle'], 'its transaction is over')

    const long = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
    const written = await sql.largeObject(oid)
    await pipeline(Readable.from([long.subarray(0, 99_999), long.subarray(99_999)]), await written.writable())
    await pipeline(Readable.from([Buffer.from('end')]), await written.writable({ start: 99_997 }))
    await written.close()
    const stored = Buffer.concat([long.subarray(0, 99_997), Buffer.from('end')])

    const read = await sql.largeObject(oid, 0x00040000)
    t.ok((await buffer(await read.readable())).equals(stored))
    t.ok((await buffer(await read.readable({ start: 10, end: 70_010, highWaterMark: 1000 })))
      .equals(stored.subarray(10, 70_010)))
    t.ok((await buffer(await read.readable({ start: 99_990 }))).equals(stored.subarray(99_990)))
    await read.close()

    const readOnly = await sql.largeObject(oid, 0x00040000)
    await t.rejects(pipeline(Readable.from([Buffer.from('x')]), await readOnly.writable()), { code: '55000' })
    await t.rejects(buffer(await readOnly.readable()), { code: '25P02' })
    await t.rejects(readOnly.close(), { code: '55000' }, 'what undid it')
    t.notOk((await sessions()).some(({ state }) => state.startsWith('idle in')), 'no transaction is left')
    await t.rejects(sql.largeObject(4_000_000_000), { code: '42704' })
    t.match(await sql`select 1 as one`, [{ one: 1 }])
  })

  await t.test('transactions', async t => {
    const sql = client(t, { poolSize: 1 })

    await t.test('have the characteristics that are asked for, and nothing else', async t => {
      const asked = 'isolation level serializable read only; drop table marks'
      await t.rejects(sql.begin(asked, async () => {}), { code: '42601' })
      t.match(await sql.begin('isolation level serializable read only', async sql => await sql`
        select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as only`
      ), [{ level: 'serializable', only: 'on' }])
      t.match(await sql.begin(async sql => await sql`show transaction_isolation`), [{
        transaction_isolation: 'read committed'
      }])
      await t.rejects(sql.begin('read only' as never), {
        name: 'TypeError', message: 'begin needs a function, but got undefined'
      })
    })

    await t.test('resolve with what their function returns, each of a list awaited', async t => {
      t.equal(await sql.begin(() => 7), 7)
      const found = await sql.begin(sql => [sql`select 1 as one`, sql`select 2 as two`])
      t.strictSame(found.map(rows => ({ ...rows[0] })), [{ one: 1 }, { two: 2 }])
    })

    await t.test('keep what a savepoint has done, and undo what one has that fails, of any name', async t => {
      const result = await sql.begin(async sql => {
        await sql`insert into marks values ('outer')`
        for (const name of ['plain', 'Odd "name"', '']) {
          await sql.savepoint(name, async sql => await sql`insert into marks values ('kept')`)
          await t.rejects(sql.savepoint(name, async sql => {
            await sql`insert into marks values ('undone')`
            throw new Error('Not so')
          }), { message: 'Not so' })
        }
        await sql.savepoint(async sql => {
          await sql`insert into marks values ('kept')`
          await t.rejects(sql.savepoint(async sql => {
            await sql`insert into marks values ('undone')`
            await sql.savepoint(async sql => await sql`insert into marks values ('undone')`)
            await sql`select 1 / 0`
          }), { code: '22012' })
        })
        await (sql.savepoint as unknown as typeof sql)`insert into marks values ('kept')`
        return await sql.savepoint(sql => [sql`select 'in it' as place`])
      })
      t.match(result, [[{ place: 'in it' }]])
      t.strictSame(await marks(), ['kept', 'kept', 'kept', 'kept', 'kept', 'outer'])
    })

    await t.test('are rolled back where a savepoint was not awaited, and end the process in no case', async t => {
      await t.rejects(sql.begin(async sql => {
        await sql`insert into marks values ('undone')`
        sql.savepoint(async sql => await sql`select pg_sleep(0.01)`)
      }), { code: 'UNSAFE_TRANSACTION', message: /await each savepoint/ })
      await t.rejects(sql.begin(async sql => {
        await sql`insert into marks values ('undone')`
        sql`select 1 / 0`.execute()
        await sleep(20)
      }), { code: '22012' })
      await t.rejects(sql.begin(sql => { sql`select 1 / 0`.execute() }), { code: '22012' }, 'also when it fails later')
      await t.rejects(sql.begin(async sql => {
        await sql`insert into marks values ('undone')`
        const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`
        await sql`select 1 / 0`.catch(() => {})
        await sleep(20)
        t.match(
          await admin`select query from pg_stat_activity where pid = ${pid}`,
          [{ query: 'select 1 / 0' }],
          'nothing else is asked where all is refused'
        )
        await sql`select 1`
      }), { code: '22012', message: /division by zero/ }, 'what failed first is told, not that it has')
      t.strictSame(await marks(), [])
    })

    await t.test('ask nothing once they are over, nor do their savepoints', async t => {
      const kept: TransactionSql[] = []
      const over = (what: string) => ({
        code: 'CONNECTION_CLOSED', message: `The ${what} is over, so nothing more can be asked on its connection`
      })
      const late = async (index: number) => await kept[index]?.unsafe("insert into marks values ('late')")
      await sql.begin(async sql => {
        kept.push(sql)
        await sql.savepoint(async sql => { kept.push(sql) })
        await t.rejects(late(1), over('savepoint'))
      })
      await t.rejects(late(0), over('transaction'))
      await t.rejects(async () => await kept[0]?.savepoint(() => {}), over('transaction'))
      t.strictSame(await marks(), [])
    })

    await t.test('are prepared in place of being committed, by any name', async t => {
      const name = "it's prepared"
      await sql.begin(async sql => {
        await sql`insert into marks values ('prepared')`
        await (sql as unknown as { prepare: (name: string) => Promise<void> }).prepare(name)
      })
      t.match(await admin`select gid from pg_prepared_xacts`, [{ gid: name }])
      t.strictSame(await marks(), [])
      await admin.unsafe(`commit prepared '${name.replace("'", "''")}'`)
      t.strictSame(await marks(), ['prepared'])
    })
  })

  await t.test('options', async t => {
    await t.test('onNotice is told what the server says, debug each query but the pool\'s own', async t => {
      const notices: string[] = []
      const asked: string[] = []
      const sql = client(t, {
        onNotice: ({ message = '' }) => { notices.push(message) },
        driver: { debug: (_connection, text) => { asked.push(text) } }
      })
      await sql`drop table if exists nowhere`
      t.strictSame(notices, ['table "nowhere" does not exist, skipping'])
      await t.rejects(sql`select 1 / 0`)
      await sql`select 1`
      t.strictSame(asked, ['drop table if exists nowhere', 'select 1 / 0', 'select 1'])
    })

    await t.test('a function of the application that throws, or rejects, fails no query, and is told of', async t => {
      const failed: string[] = []
      const throws = (): never => { throw new Error('broken') }
      const sql = client(t, {
        onNotice: (async () => throws()) as () => void,
        onWarning: throws,
        leakDetectionMs: 1,
        driver: { debug: throws, onclose: throws, onnotify: throws, onparameter: throws },
        onHookError: (hook, error) => { failed.push(`${hook} ${(error as Error).message}`) }
      })
      await sql`drop table if exists nowhere`
      t.match(await sql`select 1 as one`, [{ one: 1 }])
      const held = await sql.reserve()
      await held`listen news`
      await held`notify news`
      await until('the warning of it to have failed', () => failed.includes('onWarning broken'))
      held.release()
      await sql.end()
      t.strictSame(
        [...new Set(failed)].sort(),
        [
          'debug broken', 'onNotice broken', 'onWarning broken',
          'onclose broken', 'onnotify broken', 'onparameter broken'
        ]
      )
    })

    await t.test('settings in connection are those of each connection, false and 0, too', async t => {
      const connection = { enable_seqscan: false, extra_float_digits: 0, work_mem: '1MB', search_path: undefined }
      const sql = client(t, { driver: { connection } as unknown as NonNullable<ClientOptions['driver']> })
      t.strictSame(
        [...await sql`
          select name, setting from pg_settings
          where name in ('enable_seqscan', 'extra_float_digits', 'work_mem', 'search_path') order by name`],
        [
          { name: 'enable_seqscan', setting: 'off' },
          { name: 'extra_float_digits', setting: '0' },
          { name: 'search_path', setting: '"$user", public' },
          { name: 'work_mem', setting: '1024' }
        ]
      )
    })

    await t.test('the password may be asked for, and what asking fails with is told', async t => {
      const { password } = new URL(url)
      const without = url.replace(`:${password}@`, '@')
      const sql = client(t, { url: without, driver: { pass: async () => password } })
      t.match(await sql`select 1 as one`, [{ one: 1 }])
      await t.rejects(client(t, { url: without, driver: { pass: async () => { throw new Error('No vault') } } })`
        select 1`, { message: 'No vault' })
    })

    await t.test('a function that returns no password, or no socket, is why there is no connection', async t => {
      const without = url.replace(`:${new URL(url).password}@`, '@')
      for (const [returned, shown] of [[undefined, 'undefined'], [null, 'null'], [5, 'number']] as const) {
        const made = (async () => returned) as never
        await t.rejects(client(t, { url: without, driver: { password: made } })`select 1`, {
          message: `The function password of the option driver must return a text, but returned ${shown}`
        })
        await t.rejects(client(t, { driver: { socket: made } })`select 1`, {
          message: `The function socket of the option driver must return a socket, but returned ${shown}`
        })
      }
    })

    await t.test('onclose is told of each connection that is gone, by the number of its session', async t => {
      const closed: number[] = []
      const sql = client(t, { driver: { onclose: (id: number) => { closed.push(id) } } })
      const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`
      await sql.end()
      t.strictSame(closed, [pid])
    })

    await t.test('close() replaces each connection once nobody has it', async t => {
      const sql = client(t)
      const pid = async () => (await sql<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid
      const before = await pid()
      t.equal(await pid(), before)
      const held = await sql.reserve()
      const [{ pid: holder }] = await held<[{ pid: number }]>`select pg_backend_pid() as pid`
      t.equal(holder, before)
      await (sql as unknown as { close: () => Promise<void> }).close()
      t.match(await held`select pg_backend_pid() as pid`, [{ pid: holder }], 'who holds one keeps it')
      held.release()
      t.not(await pid(), before)
      t.match((sql as unknown as { parameters: object }).parameters, { server_version: String })
    })
  })
})
