import { journalMigrations } from '../../src/app.js'
import { takeIn } from '../../src/journal/intake.js'
import { createAlertWriter } from '../../src/journal/writer.js'
import { createClient } from '../../src/postgres/client/client.js'
import { migrate } from '../../src/postgres/migrate.js'
import { alert, payload } from '../fixtures/alertmanager.js'

/** Migrates a database and stores some thousand alerts in its journal, once. */
export async function fillJournal (url: string): Promise<void> {
  const sql = createClient({ url, poolSize: 1 })
  await migrate(sql, await journalMigrations())
  const alerts = Array.from({ length: 2000 }, (_, number) => alert({
    labels: { alertname: 'HighErrorRate', severity: 'critical', instance: `10.0.0.${number % 200}:8000` },
    startsAt: new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString()
  }))
  await createAlertWriter(sql).store(takeIn(payload(alerts), 0n).webhook, true)
  await sql.end()
}
