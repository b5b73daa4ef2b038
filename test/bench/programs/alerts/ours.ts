import { buildApp } from '../../../../src/app.js'
import { loadConfig } from '../../../../src/config.js'
import { argument } from '../../control.js'
import { serve } from '../serve.js'
import type { Alerts } from './alerts.js'

// Where instructions are counted all is slow, and the event loop late.
const environment = { DATABASE_URL: argument<Alerts>().url, PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '60000' }

await serve(await buildApp(loadConfig(environment), process.stdout))
