import { buildApp } from '../../../../src/app.js'
import { loadConfig } from '../../../../src/config.js'
import { argument } from '../../control.js'
import { serve } from '../serve.js'
import type { Alerts } from './alerts.js'

await serve(await buildApp(loadConfig({ DATABASE_URL: argument<Alerts>().url }), process.stdout))
