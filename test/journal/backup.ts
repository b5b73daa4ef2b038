import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { backUp, readBackup, restore } from '../../src/journal/backup.js'
import { takeIn } from '../../src/journal/intake.js'
import { createAlertWriter } from '../../src/journal/writer.js'
import { createClient, type Sql } from '../../src/postgres/client/client.js'
import { migrate, readMigrations } from '../../src/postgres/migrate.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { build } from '../fixtures/app.js'
import { gate } from '../fixtures/http.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

const { url: server } = await startPostgres(t)
const admin = createClient({ url: server, poolSize: 1 })
t.teardown(async () => { await admin.end() })

/** A database of its own, with a client that has ended when the test does. */
async function database (t: Test, name: string) {
  await admin.unsafe(`create database ${name}`)
  const url = server.replace(/postgres$/, name)
  const sql = createClient({ url, poolSize: 2 })
  t.teardown(async () => { await sql.end() })
  return { url, sql }
}

async function backedUp (sql: Sql) {
  const written = new PassThrough()
  const [count, bytes] = await Promise.all([backUp(sql, written), buffer(written)])
  return { count, bytes }
}

const migrations = await readMigrations('src/journal/migrations')

async function restored (sql: Sql, from: Readable) {
  return await restore(sql, await readBackup(from, migrations), migrations)
}

const odd = 'tab\t, line\nbreak, backslash \\ \\N \\., quote " \' and \u2028, 😀 \ufffd'
const alerts = [
  alert({ labels: { alertname: 'Odd', text: odd }, annotations: { [odd]: odd }, generatorURL: '' }),
  alert({ labels: { alertname: 'Over', instance: 'a' }, endsAt: '2026-01-31T13:00:00.000001Z' }),
  ...Array.from(
    { length: 300 },
    (_, index) => alert({
      labels: { alertname: 'Many', instance: `instance-${index}` },
      annotations: { text: 'x'.repeat(1000) }
    })
  )
]

t.test('a backup is restored into another database with all that was in it', async t => {
  const [from, to] = [await database(t, 'from_here'), await database(t, 'to_there')]
  const service = await build(t, { DATABASE_URL: from.url })
  const post = async (app: typeof service, more: typeof alerts) =>
    (await app.inject({ method: 'POST', url: '/api/alerts', payload: payload(more) })).json()
  const all = async (app: typeof service, query = '') =>
    (await app.inject(`/api/alerts?limit=200${query}`)).json().alerts
  t.match(await post(service, alerts), { created: 302 })

  const { count, bytes } = await backedUp(from.sql)
  t.equal(count, 302)
  t.equal(await restored(to.sql, Readable.from([bytes])), 302)
  const app = await build(t, { DATABASE_URL: to.url })
  for (const query of [
    '',
    '&label=alertname=Odd',
    `&label=${encodeURIComponent(`text=${odd}`)}`,
    '&status=resolved',
    '&label=instance=instance-7&label=alertname=Many'
  ]) {
    t.strictSame(await all(app, query), await all(service, query), query)
  }
  t.match(await post(app, [alert({ labels: { alertname: 'New' } })]), { created: 1 }, 'ids go on')

  const text = gunzipSync(bytes).toString()
  const cases: Array<[name: string, content: Buffer, why: RegExp]> = [
    ['cut_off', bytes.subarray(0, bytes.length - 2000), /^The backup is not whole: unexpected end of file$/],
    ['no_gzip', Buffer.from('{}'), /^This is no backup of the journal: it is not compressed with gzip$/],
    ['other', gzipSync('[]\n'), /^This is no backup of the journal: it does not begin as one$/],
    ['empty', gzipSync(''), /^This is no backup of the journal: it does not begin as one$/],
    [
      'lacking',
      gzipSync(text.split('\n').toSpliced(2, 1).join('\n')),
      /^The backup has 301 alerts, and should have 302: it is not whole$/
    ],
    [
      'newer',
      gzipSync(text.replace(/"migration": ?\d+/, '"migration":99')),
      /^The backup is of a newer version of the service, with migration 99: restore it with that version$/
    ]
  ]
  const { sql } = await database(t, 'stays_empty')
  for (const [name, content, why] of cases) {
    await t.rejects(restored(sql, Readable.from([content])), { message: why }, name)
  }
  t.strictSame([...await sql`select from alerts`], [])
})

t.test('what is told of while a backup is restored waits for that, and is stored', async t => {
  const { sql: source } = await database(t, 'from_here_meanwhile')
  const { sql: target } = await database(t, 'to_there_meanwhile')
  const webhook = (more: typeof alerts) => takeIn(payload(more), 0n).webhook
  for (const sql of [source, target]) await migrate(sql, migrations)
  await createAlertWriter(source).store(webhook(alerts), false)
  const { bytes } = await backedUp(source)

  const { opened, open } = gate()
  const restoring = restored(target, Readable.from((async function * () {
    yield bytes.subarray(0, bytes.length / 2)
    await opened
    yield bytes.subarray(bytes.length / 2)
  })()))
  const locked = async () => (await target`
    select from pg_locks where mode = 'ExclusiveLock' and relation = 'alerts'::regclass and granted`).length > 0
  await until('the table to be locked', locked)
  const stored = createAlertWriter(target).store(webhook([alert({ labels: { alertname: 'Meanwhile' } })]), false)
  const waits = async () => (await source`select from pg_locks where not granted`).length > 0
  await until('it to wait', waits)
  open()
  t.equal(await restoring, 302)
  t.match(await stored, { created: 1 })
  t.match(await target`select count(*)::int from alerts`, [{ count: 303 }])
})

t.test('a backup of a version before is migrated', async t => {
  const [{ sql }, to] = [await database(t, 'from_before'), await database(t, 'to_now')]
  await migrate(sql, migrations.slice(0, 1))
  await sql`
    insert into alerts (fingerprint, starts_at, status, name, labels, annotations,
      generator_url, receiver, group_key, external_url)
    select 'f', start::timestamptz, 'firing', 'Old', '{"alertname": "Old"}', '{}', '', '', '', ''
      from unnest(array['2026-01-01', '2026-02-01']) start`
  await restored(to.sql, Readable.from([(await backedUp(sql)).bytes]))
  const app = await build(t, { DATABASE_URL: to.url })
  t.match(
    (await app.inject('/api/alerts?label=alertname=Old')).json().alerts,
    [{ status: 'firing' }, { status: 'stale' }]
  )
})

t.test('a backup of each version is restored with its sets of labels and its indexes', async t => {
  const indexesOf = async (sql: Sql) =>
    await sql`select indexdef from pg_indexes where tablename = 'alerts' order by indexname`
  const labels = (instance: string) => ({ alertname: 'Old', instance })
  for (const { version } of migrations) {
    const { sql: from } = await database(t, `from_${version}`)
    await migrate(from, migrations.slice(0, version))
    await from.unsafe(`
      insert into alerts (fingerprint, starts_at, status, name, labels, annotations,
        generator_url, receiver, group_key, external_url ${version > 1 ? ', last_heard_at' : ''})
      select instance, timestamptz '2026-01-01' + place * interval '1 day', 'firing', 'Old',
        jsonb_build_object('alertname', 'Old', 'instance', instance), '{}',
        '', '', '', '' ${version > 1 ? ', now()' : ''}
      from unnest(array['a', 'a', 'b']) with ordinality one (instance, place)`)
    const { count, bytes } = await backedUp(from)
    t.equal(count, 3)
    const [header] = gunzipSync(bytes).toString().split('\n')
    t.match(JSON.parse(header as string), {
      format: 'fastify-vitals journal 1',
      migration: version,
      alerts: 3,
      at: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/,
      columns: ['id', 'fingerprint']
    })

    const [{ sql: to }, { sql: fresh }] = [await database(t, `to_${version}`), await database(t, `fresh_${version}`)]
    t.equal(await restored(to, Readable.from([bytes])), 3)
    await migrate(fresh, migrations)
    t.strictSame([...await indexesOf(to)], [...await indexesOf(fresh)], 'the indexes are those of a new journal')
    t.strictSame(
      (await to`select labels from label_sets order by labels->>'instance'`).map(row => row['labels']),
      [labels('a'), labels('b')]
    )
    t.strictSame(
      (await to`select fingerprint from alerts order by id`).map(row => row['fingerprint']),
      ['a', 'a', 'b']
    )
    const [next] = await to`select nextval(pg_get_serial_sequence('alerts', 'id'))::int as id`
    t.equal(next?.['id'], 4)
    await t.rejects(
      restored(to, Readable.from([bytes])),
      {
        message: version === migrations.length
          ? 'The journal is not empty: restore into a new database'
          : `The database has had later migrations than the backup, whose last is ${version}: ` +
          'restore into a new database'
      }
    )
  }
})

t.test('a database without a journal is told as such', async t => {
  const { sql } = await database(t, 'of_something_else')
  await t.rejects(backUp(sql, new PassThrough()), {
    message: 'The database has no journal: name that which the service uses, in DATABASE_URL or DATA_DIR'
  })
})
