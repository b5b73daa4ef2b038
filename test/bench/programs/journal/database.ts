import { startEmbedded } from '../../../../src/embedded/embedded.js'
import { createClient } from '../../../../src/postgres/client/client.js'
import { fillAlerts, fillSettings } from '../../../fixtures/many-alerts.js'
import { answer, argument } from '../../control.js'

export interface Databases {
  dataDir: string
  /** Alerts in each of the journals. */
  alerts: Record<string, number>
}

// Made as fast as can be, and then served with PostgreSQL's own defaults, by which what is stored is safe.
const { dataDir, alerts } = argument<Databases>()
const filling = await startEmbedded({ dataDir, settings: fillSettings })
const urls: Record<string, string> = {}
for (const [name, count] of Object.entries(alerts)) {
  const admin = createClient({ url: filling.url, poolSize: 1 })
  await admin.unsafe(`create database ${name}`)
  await admin.end()
  const sql = createClient({ url: filling.url.replace(/postgres$/, name), poolSize: 1, queryTimeoutMs: 0 })
  await fillAlerts(sql, count)
  await sql.end()
}
await filling.stop()
const serving = await startEmbedded({ dataDir })
for (const name of Object.keys(alerts)) urls[name] = serving.url.replace(/postgres$/, name)

answer({
  urls: () => urls,
  end: async () => { await serving.stop() }
})
