import t from 'tap'
import { decodeCursor } from '../../src/journal/cursor.js'
import { takeIn } from '../../src/journal/intake.js'
import { createAlertReader } from '../../src/journal/reader.js'
import { createAlertWriter } from '../../src/journal/writer.js'
import { createClient } from '../../src/postgres/client/client.js'
import { alert, payload } from '../fixtures/alertmanager.js'
import { everyFilter } from '../fixtures/filters.js'
import { fillAlerts, fillSettings } from '../fixtures/many-alerts.js'
import { executed, explainAll, explainSettings, faultsOf } from '../fixtures/plans.js'
import { startPostgres } from '../fixtures/postgres.js'

// Longer than other tests, where several suites run at once.
t.setTimeout(900_000)

const count = process.env['FAULTS'] === 'long' ? 1_000_000 : 100_000
const tables = ['alerts', 'label_sets']
/** Where a look is bounded by itself: at the newest, at what fires, at a day, and at what a group has. */
const bounds = { list_recent_alerts: 20_000, list_few_alerts: 1000, summarize_alerts: 1000, write_alerts: 200 }
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()

t.test(`with ${count} alerts, no query reads a whole table or drops most of it`, { timeout: 900_000 }, async t => {
  const { url } = await startPostgres(t, { settings: { ...fillSettings, ...explainSettings } })
  const connect = () => {
    const sql = createClient({ url, poolSize: 1, queryTimeoutMs: 0 })
    t.teardown(async () => { await sql.end() })
    return sql
  }
  const admin = connect()
  await fillAlerts(admin, count)
  await explainAll(admin)
  const sql = connect()
  const [reader, writer] = [createAlertReader(sql), createAlertWriter(sql)]

  for (const filter of everyFilter()) await reader.list({ ...filter, limit: 50 })
  let after
  for (let page = 0; page < 3; page++) {
    const { next } = await reader.list({ severity: 'critical', to: ago(100), limit: 200, after })
    after = decodeCursor(next as string)
  }
  for (const filter of [{}, { severity: 'critical' }, { label: ['instance=web-7:9100'] }, { label: ['region=r1'] }]) {
    for (const period of [
      { from: ago(1) },
      { from: ago(100), to: ago(99) }
    ]) await reader.summary({ ...filter, ...period })
  }
  const [known] = (await reader.list({ limit: 1 })).alerts
  t.match(await reader.find(known?.id as string), { id: known?.id })

  const group = Array.from(
    { length: 200 },
    (_, index) => alert({ labels: { alertname: 'New', instance: `new-${index}` }, startsAt: ago(0.01) })
  )
  const over = group.map(one => ({ ...one, status: 'resolved' as const, endsAt: ago(0) }))
  for (const alerts of [
    group,
    group,
    group.slice(100),
    over
  ]) await writer.store(takeIn(payload(alerts), 0n).webhook, true)
  await writer.endStale(300)
  t.equal(await writer.deleteOld(380, 500), 500)
  await writer.extent()

  const statements = await executed(admin)
  t.strictSame([...new Set(statements.map(({ name }) => name))].sort(), [
    'count_alerts', 'delete_label_sets', 'delete_old_alerts', 'end_silent_alerts', 'find_alert', 'known_alerts',
    'list_alerts', 'list_alerts_of_label_sets', 'list_few_alerts', 'list_label_sets', 'list_recent_alerts',
    'lock_alerts', 'lock_all_alerts', 'lock_retention', 'read_alerts', 'summarize_alerts', 'write_alerts'
  ])
  t.strictSame([...new Set(statements.flatMap(statement => faultsOf(statement, tables, bounds)))], [])

  // It can fail: by what has no index, and by an index that is of no help.
  await sql`/* no_index */ select id from alerts where receiver = 'nobody'`
  await sql`/* wrong_index */
    select id from (select * from alerts order by starts_at desc limit 5000) newest where receiver = 'nobody'`
  const slow = (await executed(admin))
    .filter(({ name }) => /_index$/.test(name))
    .flatMap(statement => faultsOf(statement, tables))
  t.match(
    slow,
    [
      /^no_index: .*Seq Scan alerts reads the whole table/,
      /^no_index: .* throws/,
      /^wrong_index: .* throws 5000 rows away and keeps 0/
    ]
  )
})
