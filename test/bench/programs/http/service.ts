// The built service, as it ships: it reads its settings from the environment, and listens as soon as it is imported.
import { freePort } from '../../../fixtures/programs.js'
import { answer, argument } from '../../control.js'
import { patientSettings } from '../patience.js'

export interface Service {
  url: string
}

const port = await freePort()
Object.assign(process.env, {
  NODE_ENV: 'production',
  DATABASE_URL: argument<Service>().url,
  HOST: '127.0.0.1',
  PORT: String(port),
  MANAGEMENT_HOST: '127.0.0.1',
  MANAGEMENT_PORT: String(await freePort()),
  ...patientSettings
})
// The service takes no arguments.
process.argv.splice(2)
await import(new URL('../../../../../dist/src/server.js', import.meta.url).href)
answer({ port: () => port })
