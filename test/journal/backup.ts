import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { backUp, restore } from '../../src/journal/backup.js'
import { createClient } from '../../src/postgres/client.js'
import { migrate, readMigrations } from '../../src/postgres/migrate.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { build } from '../fixtures/app.js'
import { startPostgres } from '../fixtures/postgres.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { runTool } from '../fixtures/tool.js'

// Longer than other tests, where several suites run at once.
t.setTimeout(400_000)

/** A database of its own on the test's server. */
async function databases (t: Test) {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await sql.end() })
  return async (name: string) => {
    await sql.unsafe(`create database ${name}`)
    return url.replace(/postgres$/, name)
  }
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
  const database = await databases(t)
  const directory = await temporaryDirectory(t)
  const file = join(directory, 'journal.gz')
  const [from, to] = [await database('from_here'), await database('to_there')]
  const service = await build(t, { DATABASE_URL: from })
  const post = async (app: typeof service, more: typeof alerts) =>
    (await app.inject({ method: 'POST', url: '/api/alerts', payload: payload(more) })).json()
  const all = async (app: typeof service, query = '') =>
    (await app.inject(`/api/alerts?limit=200${query}`)).json().alerts
  t.match(await post(service, alerts), { created: 302 })

  t.strictSame(
    await runTool('backup', ['backup', file], { DATABASE_URL: from }),
    { code: 0, output: 'Backed up 302 alerts\n' }
  )
  t.strictSame(
    await runTool('backup', ['backup', file], { DATABASE_URL: from }),
    { code: 1, output: `backup: ${file} exists: give another name\n` }
  )
  t.match(
    await runTool('backup', ['restore', file], { DATABASE_URL: to }),
    { code: 0, output: 'Restored 302 alerts\n' }
  )
  const restored = await build(t, { DATABASE_URL: to })
  for (const query of [
    '',
    '&label=alertname=Odd',
    `&label=${encodeURIComponent(`text=${odd}`)}`,
    '&status=resolved',
    '&label=instance=instance-7&label=alertname=Many'
  ]) {
    t.strictSame(await all(restored, query), await all(service, query), query)
  }
  t.match(await post(restored, [alert({ labels: { alertname: 'New' } })]), { created: 1 }, 'ids go on')

  t.strictSame(
    await runTool('backup', ['restore', file], { DATABASE_URL: to }),
    { code: 1, output: 'restore: The journal is not empty: restore into a new database\n' }
  )

  const whole = await readFile(file)
  const text = gunzipSync(whole).toString()
  const cases: Array<[name: string, content: Buffer, why: RegExp]> = [
    ['cut_off', whole.subarray(0, whole.length - 2000), /^It is no whole backup of a journal: unexpected end of file$/],
    ['no_gzip', Buffer.from('{}'), /^It is no whole backup of a journal: incorrect header check$/],
    ['other', gzipSync('[]\n'), /^It is no backup of a journal that is known here: its format is none/],
    ['empty', gzipSync(''), /^It is no backup of a journal: it has no header$/],
    [
      'lacking',
      gzipSync(text.split('\n').toSpliced(2, 1).join('\n')),
      /^The backup has 301 alerts, and should have 302: it is not whole$/
    ],
    [
      'newer',
      gzipSync(text.replace(/"migration": ?\d+/, '"migration":99')),
      /^The backup is of a newer version of the service, with migration 99/
    ]
  ]
  const empty = await database('stays_empty')
  const sql = createClient({ url: empty, poolSize: 1 })
  for (const [name, content, why] of cases) {
    await t.rejects(
      restore(sql, Readable.from([content]), await readMigrations('src/journal/migrations')),
      { message: why },
      name
    )
  }
  t.strictSame([...await sql`select from alerts`], [])
  await sql.end()
})

t.test('a backup of a version before is migrated', async t => {
  const database = await databases(t)
  const file = join(await temporaryDirectory(t), 'journal.gz')
  const [from, to] = [await database('from_here'), await database('to_there')]
  const sql = createClient({ url: from, poolSize: 1 })
  await migrate(sql, (await readMigrations('src/journal/migrations')).slice(0, 1))
  await sql`
    insert into alerts (fingerprint, starts_at, status, name, labels, annotations,
      generator_url, receiver, group_key, external_url)
    select 'f', start::timestamptz, 'firing', 'Old', '{"alertname": "Old"}', '{}', '', '', '', ''
      from unnest(array['2026-01-01', '2026-02-01']) start`
  await sql.end()
  t.match(await runTool('backup', ['backup', file], { DATABASE_URL: from }), { code: 0 })
  t.match(await runTool('backup', ['restore', file], { DATABASE_URL: to }), { code: 0 })
  const app = await build(t, { DATABASE_URL: to })
  t.match(
    (await app.inject('/api/alerts?label=alertname=Old')).json().alerts,
    [{ status: 'firing' }, { status: 'stale' }]
  )
})

t.test('a backup of each version is restored with its sets of labels and its indexes', async t => {
  const database = await databases(t)
  const migrations = await readMigrations('src/journal/migrations')
  const client = (url: string) => {
    const sql = createClient({ url, poolSize: 1 })
    t.teardown(async () => { await sql.end() })
    return sql
  }
  const indexesOf = async (sql: ReturnType<typeof client>) =>
    await sql`select indexdef from pg_indexes where tablename = 'alerts' order by indexname`
  const labels = (instance: string) => ({ alertname: 'Old', instance })
  for (const { version } of migrations) {
    const from = client(await database(`from_${version}`))
    await migrate(from, migrations.slice(0, version))
    await from.unsafe(`
      insert into alerts (fingerprint, starts_at, status, name, labels, annotations,
        generator_url, receiver, group_key, external_url ${version > 1 ? ', last_heard_at' : ''})
      select instance, timestamptz '2026-01-01' + place * interval '1 day', 'firing', 'Old',
        jsonb_build_object('alertname', 'Old', 'instance', instance), '{}',
        '', '', '', '' ${version > 1 ? ', now()' : ''}
      from unnest(array['a', 'a', 'b']) with ordinality one (instance, place)`)
    const written = new PassThrough()
    const [count, bytes] = await Promise.all([backUp(from, written), buffer(written)])
    t.equal(count, 3)
    const [header] = gunzipSync(bytes).toString().split('\n')
    t.match(JSON.parse(header as string), {
      format: 'fastify-vitals journal 1',
      migration: version,
      alerts: 3,
      at: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/,
      columns: ['id', 'fingerprint']
    })

    const [to, fresh] = [client(await database(`to_${version}`)), client(await database(`fresh_${version}`))]
    t.equal(await restore(to, Readable.from([bytes]), migrations), 3)
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
      restore(to, Readable.from([bytes]), migrations),
      {
        message: version === migrations.length
          ? 'The journal is not empty: restore into a new database'
          : `The database has had later migrations than the backup, whose last is ${version}: ` +
          'restore into a new database'
      }
    )
  }
})

t.test('the embedded PostgreSQL is backed up while the service runs, and when it does not', async t => {
  const directory = await temporaryDirectory(t)
  const [first, second] = [join(directory, 'first'), join(directory, 'second')]
  const service = await startService(t, { DATA_DIR: first })
  const stored = await fetch(`${service.origin}/api/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload(alerts.slice(0, 2)))
  })
  t.equal(stored.status, 200)
  t.strictSame(
    await runTool('backup', ['backup', join(directory, 'running.gz')], { DATA_DIR: first }),
    { code: 0, output: 'Backed up 2 alerts\n' }
  )
  await service.stop()
  t.match(
    await runTool('backup', ['backup', join(directory, 'stopped.gz')], { DATA_DIR: first }),
    { code: 0, output: /Backed up 2 alerts\n$/ }
  )
  t.match(
    await runTool('backup', ['restore', join(directory, 'stopped.gz')], { DATA_DIR: second }),
    { code: 0, output: /Restored 2 alerts\n$/ }
  )
})

t.test('a wrong command shows what there is', async t => {
  t.match(await runTool('backup', ['backup'], {}), { code: 1, output: /npm run backup -- FILE/ })
  t.match(await runTool('backup', ['backup', '--help'], {}), { code: 0, output: /npm run restore -- FILE/ })
  t.match(
    await runTool('backup', ['backup', '-'], { DATABASE_URL: 'postgres://vitals@127.0.0.1:1/vitals' }),
    { code: 1, output: /^backup: No PostgreSQL answers at 127\.0\.0\.1:1 \(ECONNREFUSED\)/ }
  )
})
