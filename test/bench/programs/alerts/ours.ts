import { buildApp } from '../../../../src/app.js'
import { loadConfig } from '../../../../src/config/config.js'
import { argument } from '../../control.js'
import { patientSettings } from '../patience.js'
import { serve } from '../serve.js'
import type { Alerts } from './alerts.js'

const { url, staleAfterSeconds = 300 } = argument<Alerts>()
const environment = {
  DATABASE_URL: url,
  JOURNAL_STALE_AFTER_SECONDS: String(staleAfterSeconds),
  ...patientSettings
}

await serve(await buildApp(loadConfig(environment), process.stdout))
