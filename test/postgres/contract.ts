import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { handlerOf, isStream, rowsOf, type Query, type Result, type Session } from '../../src/postgres/query/driver.js'
import { cancelledSession, cancelRequest } from '../../src/postgres/connection/socket.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

/**
 * What src/postgres relies on in postgres.js besides its documentation, each by its name. When one breaks after the
 * driver was updated, its title says what to look for; src/postgres/query/driver.ts says what each is.
 */

type Handed = Query & PromiseLike<unknown>
type Options = Record<string, unknown>
type Client = postgres.Sql

const quiet = { max: 1, connect_timeout: 0, idle_timeout: 0, max_lifetime: 0, onnotice: () => {}, fetch_types: false }
const asQuery = (made: unknown) => made as Handed

/** A client that must not connect. */
function idle (t: Test, options: Options = {}): Client {
  const sql = postgres('postgres://nobody@localhost/none', {
    ...quiet,
    socket: () => { t.fail('the driver connected for what need not be executed') },
    ...options
  } as object)
  t.teardown(async () => { await sql.end({ timeout: 0 }) })
  return sql
}

t.test('the driver in package.json', async t => {
  const read = async (path: string) =>
    JSON.parse(await readFile(path, 'utf8')) as
      Record<'dependencies' | 'peerDependencies', { postgres: string }> & { version: string }
  const { dependencies } = await read('src/package.json')
  const { peerDependencies } = await read('package.json')
  const { version } = await read('node_modules/postgres/package.json')
  const pinned = 'postgres is pinned to exactly the version that is installed, which is the one tested'
  t.equal(dependencies.postgres, version, pinned)
  t.equal(peerDependencies.postgres, version, `${pinned}: for who takes the plugin, too`)
})

t.test('a query that is not executed', async t => {
  await t.test('handler: own, and what is set in its place is called once, later, with the query', async t => {
    const sql = idle(t)
    for (const query of [asQuery(sql`select ${1}`), asQuery(sql.unsafe('select 1'))]) {
      t.ok(Object.hasOwn(query, 'handler'), 'handler is the query’s own')
      const handed: unknown[] = []
      query.handler = query => {
        handed.push(query)
        queueMicrotask(() => { query.resolve('done') })
      }
      const outcome = query.then(value => value)
      t.strictSame(handed.length, 0, 'handler is called after then has returned')
      t.equal(await outcome, 'done', 'resolve settles the query')
      await query.catch(() => {})
      t.ok(handed.length === 1 && handed[0] === query, 'handler is called once, with the query')
    }
  })

  await t.test('handler: of unsafe, what the client does with its queries', async t => {
    const sql = idle(t)
    t.type(handlerOf(sql), 'function', 'unsafe has the handler of its client')
    t.equal(handlerOf(sql), asQuery(sql`select 1`).handler, 'all queries of a client have the same handler')
  })

  await t.test('handler: not called for a fragment', async t => {
    const sql = idle(t)
    const fragment = asQuery(sql`a`)
    fragment.handler = () => { t.fail('the fragment was handled') }
    const query = asQuery(sql`select ${fragment as never}`)
    query.handler = query => { query.resolve(null) }
    await query
  })

  await t.test('resolve and reject: own, settle the query, and what is set in their place is called', async t => {
    const sql = idle(t)
    const query = asQuery(sql`select`)
    t.ok(Object.hasOwn(query, 'resolve') && Object.hasOwn(query, 'reject'), 'resolve and reject are the query’s own')
    const { reject } = query
    let told: unknown
    query.reject = error => {
      told = error
      return reject.call(query, error)
    }
    const error = new Error('rejected')
    query.handler = query => { query.reject(error) }
    t.equal(await query.then(() => undefined, (error: unknown) => error), error, 'reject settles the query')
    t.equal(told, error)
  })

  await t.test('strings and tagged: the template’s own array; one string for unsafe', async t => {
    const sql = idle(t)
    const ask = (n: number) => asQuery(sql`select ${n}`)
    t.equal(ask(1).strings, ask(2).strings, 'strings is the same array for each call of a template')
    t.equal(ask(1).tagged, true)
    const unsafe = asQuery(sql.unsafe('select 1'))
    t.strictSame([unsafe.strings, unsafe.tagged], [['select 1'], false])
  })

  await t.test('cursorFn, streaming, onlyDescribe and cancelled: say what kind of query it is', async t => {
    const sql = idle(t)
    const each = () => {}
    const plain = asQuery(sql`select`)
    const { cursorFn, streaming, onlyDescribe, cancelled, active } = plain
    t.strictSame({ cursorFn, streaming, onlyDescribe, cancelled, active },
      { cursorFn: undefined, streaming: undefined, onlyDescribe: undefined, cancelled: null, active: false })
    t.equal(asQuery(sql`select`.cursor(each)).cursorFn, each, 'cursorFn is the callback of a cursor')
    for (const direction of ['readable', 'writable'] as const) {
      const query = asQuery(sql`copy t`)
      query.handler = query => { query.resolve(null) }
      await (query as unknown as postgres.PendingQuery<never>)[direction]()
      t.equal(query.streaming, true, `streaming is set by ${direction}`)
    }
    const described = sql`select`
    asQuery(described).handler = query => { query.resolve(null) }
    await described.describe()
    t.equal(asQuery(described).onlyDescribe, true, 'onlyDescribe is set by describe')
  })

  await t.test('cancelled: set by cancel before the query is executed, which rejects with 57014 then', async t => {
    const sql = idle(t)
    const query = sql`select`
    asQuery(query).handler = () => {}
    const outcome = query.then(() => undefined, ({ code }) => code)
    query.cancel()
    t.ok(asQuery(query).cancelled, 'cancelled is set')
    t.equal(await outcome, '57014')
  })

  await t.test('end: ends a client that never connected', async t => {
    const sql = idle(t)
    await t.resolves(sql.end({ timeout: 0 }))
  })
})

t.test('a client of one connection, with the option socket', async t => {
  const { url } = await startPostgres(t)
  const { hostname, port } = new URL(url)

  async function open (): Promise<Socket> {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return socket
  }

  /** A client as src/postgres/connection/opening.ts has them: its socket is given, once. */
  function client (t: Test, options: Options = {}): { sql: Client, asked: () => number, socket: () => Socket } {
    let asked = 0
    let socket: Socket | undefined
    const sql = postgres(url, {
      ...quiet,
      ssl: false,
      socket: async () => {
        if (asked++ > 0) return await new Promise(() => {})
        socket = await open()
        return socket
      },
      ...options
    } as object)
    t.teardown(() => { socket?.destroy() })
    return { sql, asked: () => asked, socket: () => socket as Socket }
  }

  /** What the driver does with a query that another client made. */
  async function execute (sql: Client, query: Handed): Promise<unknown> {
    query.handler = handlerOf(sql)
    return await query
  }

  await t.test('socket: asked for once, and used as it is', async t => {
    const { sql, asked, socket } = client(t)
    t.strictSame([...await sql`select 1 as one`], [{ one: 1 }])
    await sql`select`
    t.equal(asked(), 1, 'one socket is asked for')
    t.ok(socket().bytesRead > 0, 'what is asked goes through it')
  })

  await t.test('socket: one without listeners tells nothing, and its queries stay with who settles them', async t => {
    const { sql, socket, asked } = client(t)
    await sql`select`
    const query = asQuery(sql`select pg_sleep(10)`)
    const outcome = query.then(() => 'resolved', ({ message }) => message)
    await new Promise(resolve => { setImmediate(resolve) })
    for (const event of ['data', 'drain', 'error', 'end', 'close']) socket().removeAllListeners(event)
    socket().destroy()
    await once(socket(), 'close')
    query.reject(new Error('ours'))
    t.equal(await outcome, 'ours', 'the driver did not settle the query itself')
    t.equal(asked(), 1, 'and did not connect again')
  })

  await t.test('socket: asked for within cancel(), by the client of the query, and given the request', async t => {
    const { sql } = client(t)
    await sql`select`
    let isAsked = false
    let written = (_message: Buffer) => {}
    const message = new Promise<Buffer>(resolve => { written = resolve })
    const build = idle(t, {
      socket: async () => {
        isAsked = true
        const socket = await open()
        const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
        socket.write = ((chunk: Buffer, ...rest: unknown[]) => {
          written(Buffer.from(chunk))
          return write(chunk, ...rest)
        }) as typeof socket.write
        return socket
      }
    })
    const query = build`select pg_sleep(60)`
    const outcome = execute(sql, asQuery(query)).then(() => 'resolved', ({ code }) => code)
    await new Promise(resolve => { setImmediate(resolve) })
    t.equal(asQuery(query).active, true, 'active: set while the driver is at work at it')
    const other = client(t).sql
    await until('the server to be at work at it, before which it heeds no cancel', async () => {
      const { length } = await other`
        select from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'`
      return length === 1
    }, 30)
    query.cancel()
    t.ok(isAsked, 'the socket is asked for at once')
    const request = await message
    const session = cancelledSession(request)
    t.strictSame(request, cancelRequest(session), 'it is one, and nothing else is sent there')
    t.equal(await outcome, '57014')
    const { state } = await sql`select` as unknown as { state: Session }
    t.strictSame(
      session,
      { pid: state.pid | 0, secret: state.secret | 0 },
      'state: names the session by pid and secret'
    )
  })

  await t.test('a query of another client is executed by the handler of this one', async t => {
    const { sql } = client(t)
    const build = idle(t)
    const result = await execute(
      sql,
      asQuery(build`select ${1}::int as one, ${build('a')}.b from (select 2 as b) a`)
    ) as Result
    t.strictSame([...result as unknown as object[]], [{ one: 1, b: 2 }])
    t.strictSame(
      [result.count, result.command, rowsOf(result)],
      [1, 'SELECT', 1],
      'count and command are on the result'
    )
    t.match(result.state, { pid: Number, secret: Number }, 'state: names the session')
  })

  await t.test('strings: written for a file is what is executed', async t => {
    const { sql } = client(t)
    const path = join(t.testdir({}), 'file.sql')
    await writeFile(path, 'select 1 as read')
    const query = asQuery(idle(t).file(path))
    query.handler = query => {
      query.strings = ['select 2 as written']
      handlerOf(sql)(query)
    }
    t.strictSame([...await query as object[]], [{ written: 2 }])
  })

  await t.test('resolve and reject: what is set in their place hears each outcome before the next runs', async t => {
    const { sql } = client(t)
    const order: unknown[] = []
    const follow = (made: unknown) => {
      const query = asQuery(made)
      const { resolve, reject } = query
      query.resolve = value => {
        order.push(rowsOf(value))
        return resolve.call(query, value)
      }
      query.reject = error => {
        order.push((error as { code: string }).code)
        return reject.call(query, error)
      }
      return query
    }
    await Promise.allSettled([
      follow(sql`select 1`),
      follow(sql`select 1 / 0`),
      follow(sql`select generate_series(1, 3)`)
    ])
    t.strictSame(order.slice(0, 2), [1, '22012'])
    await sql`select`
    t.strictSame([...await sql`select 1 as one`], [{ one: 1 }], 'a statement without rows sets the count of rows back')
  })

  await t.test('cursorFn, resolve, reject and active: set anew for each batch of an iterated cursor', async t => {
    const { sql } = client(t)
    const set: Record<string, number> = { resolve: 0, reject: 0, cursorFn: 0 }
    const query = sql`select generate_series(1, 5)`
    const cursor = query.cursor(2)
    for (const name of Object.keys(set) as Array<'resolve' | 'reject' | 'cursorFn'>) {
      let value = asQuery(query)[name]
      Object.defineProperty(query, name, {
        get: () => value,
        set: (next: typeof value) => {
          set[name]!++
          value = next
        }
      })
    }
    const batches: number[] = []
    const counts: unknown[] = []
    for await (const batch of cursor) {
      batches.push(batch.length)
      counts.push((batch as unknown as Result).count)
      if (batches.length < 3) t.equal(asQuery(query).active, true, 'active: true while there are more')
    }
    t.strictSame(batches, [2, 2, 1])
    t.strictSame(counts, [null, null, 1], 'count: of the last batch alone')
    t.ok(Object.values(set).every(times => times >= 3), `each is set for each batch, but was ${JSON.stringify(set)}`)
    t.equal(asQuery(query).active, false, 'active: false after the last batch')
  })

  await t.test('active: an iterated cursor that is executed ends when it is false', async t => {
    const { sql } = client(t)
    const query = sql`select generate_series(1, 5)`
    const iterator = query.cursor(2)[Symbol.asyncIterator]()
    await iterator.next()
    asQuery(query).active = false
    t.equal((await iterator.next()).done, true)
  })

  await t.test('resolve: given the stream of a COPY first, and its result in the end', async t => {
    const { sql } = client(t)
    await sql`create temporary table copied (a int)`
    const query = sql`copy copied from stdin`
    const values: unknown[] = []
    const { resolve } = asQuery(query)
    asQuery(query).resolve = value => {
      values.push(value)
      return resolve.call(query, value)
    }
    const stream = await query.writable()
    t.ok(isStream(stream) && values[0] === stream, 'the stream is handed out by resolve')
    await once(stream.end('1\n2\n'), 'finish')
    await sql`select`
    t.equal(rowsOf(values[1]), 2, 'the result comes by resolve, too')
  })

  await t.test('retried: set when a statement is prepared anew', async t => {
    const { sql } = client(t)
    await sql`create temporary table changing (a text)`
    const ask = () => sql`select a from changing where a is null and ${1}::int = 1`
    await ask()
    await sql`alter table changing alter column a type int using a::int`
    const query = ask()
    await query
    t.ok(asQuery(query).retried)
  })

  await t.test('query on an error: put there with the origin on its stack', async t => {
    const { sql } = client(t)
    for (const query of [sql`select wrong`, sql`select ${undefined as never}`]) {
      const error = await query.then(() => undefined, (error: unknown) => error) as Error
      t.ok(
        'query' in error && error.stack?.includes('query.js'),
        'the error has query, and frames of the query on its stack'
      )
    }
  })

  await t.test('BEGIN: allowed in a plain query of a client of one connection', async t => {
    const { sql } = client(t)
    await sql`begin`
    t.equal((await sql`rollback`).command, 'ROLLBACK')
  })

  await t.test('options: taken again as they were read, with all that is shared', async t => {
    const first = postgres(
      url,
      { ...quiet, types: { point: { to: 600, from: [600], serialize: String, parse: () => 'point' } } } as object
    )
    t.teardown(async () => { await first.end({ timeout: 0 }) })
    const { options } = first as unknown as { options: { shared: object, parameters: object, parsers: object } }
    t.type(options.shared, 'object', 'shared tells options that were read from ones that were not')
    const { sql } = client(t)
    const second = postgres({ ...options, socket: open, fetch_types: true } as object)
    t.teardown(async () => { await second.end({ timeout: 0 }) })
    const again = second.options as unknown as typeof options
    t.ok(
      again.shared === options.shared && again.parsers === options.parsers,
      'shared and parsers stay the same objects'
    )
    t.strictSame([...await second`select '(1,2)'::point as p, ${'{1,2}'}::int[] as a`], [{ p: 'point', a: [1, 2] }])
    const third = postgres({ ...options, socket: open, fetch_types: false } as object)
    t.teardown(async () => { await third.end({ timeout: 0 }) })
    t.strictSame(
      [...await third`select ${'{1,2}'}::int[] as a`],
      [{ a: [1, 2] }],
      'array types that one has found are known to all'
    )
    t.match(options.parameters, { server_version: String }, 'parameters are kept for all')
    await sql`select`
  })

  await t.test('onnotify: told channel and payload', async t => {
    const told: string[] = []
    const { sql } = client(t, { onnotify: (channel: string, payload: string) => { told.push(channel, payload) } })
    await sql`listen news`
    await sql`select pg_notify('news', 'good')`
    t.strictSame(told, ['news', 'good'])
  })
})
