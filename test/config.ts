import t from 'tap'
import { loadConfig, schema } from '../src/config.js'

t.test('every variable has a default and a description', async t => {
  const config = loadConfig({})
  for (const [name, { description }] of Object.entries(schema.properties) as Array<[keyof typeof config, { description?: string }]>) {
    t.not(config[name], undefined, name)
    t.ok(description, name)
  }
  t.match(config, { HOST: '0.0.0.0', PORT: 8000, DATA_DIR: '.data', LOG_LEVEL: 'info' })
})

t.test('values are read as what they are, and nothing can change them after', async t => {
  const config = loadConfig({ PORT: '9000', MIGRATE_ON_START: 'false', UNKNOWN: 'x' })
  t.match(config, { PORT: 9000, MIGRATE_ON_START: false })
  t.notOk('UNKNOWN' in config)
  t.throws(() => { (config as { PORT: number }).PORT = 1 }, TypeError)
})

t.test('an empty variable counts as not set', async t => {
  t.equal(loadConfig({ PORT: '' }).PORT, 8000)
})

t.test('each wrong variable is named with its value and what it should be', async t => {
  t.throws(() => loadConfig({ PORT: 'abc', LOG_LEVEL: 'loud' }), { message: /PORT is "abc", but must be integer[^]*\nLOG_LEVEL is "loud", but must be one of trace, debug/ })
  t.throws(() => loadConfig({ PORT: '70000' }), { message: /PORT is "70000", but must be <= 65535/ })
})

t.test('a secret is not shown, even when wrong', async t => {
  const error = await Promise.resolve().then(() => loadConfig({ DATABASE_URL: 'mysql://root:hunter2@host/db' })).catch(error => error)
  t.match(error.message, /DATABASE_URL is wrong, but must start with postgres:\/\//)
  t.notMatch(error.message, /hunter2/)
})

t.test('production refuses the embedded database', async t => {
  t.throws(() => loadConfig({ NODE_ENV: 'production' }), { message: /DATABASE_URL is not set, and with NODE_ENV=production/ })
  t.equal(loadConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://host/db' }).DATABASE_URL, 'postgres://host/db')
})
