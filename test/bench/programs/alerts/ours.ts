import { buildApp } from '../../../../src/app.js'
import { loadConfig } from '../../../../src/config/config.js'
import { argument } from '../../control.js'
import { serve } from '../serve.js'
import type { Alerts } from './alerts.js'

// Where instructions are counted all is slow, and the event loop late.
const { url, staleAfterSeconds = 300 } = argument<Alerts>()
const environment = {
  DATABASE_URL: url,
  JOURNAL_STALE_AFTER_SECONDS: String(staleAfterSeconds),
  PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '60000'
}

await serve(await buildApp(loadConfig(environment), process.stdout))
