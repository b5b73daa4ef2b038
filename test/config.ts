import t from 'tap'
import { loadConfig, namingsOf, schema } from '../src/config.js'

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

t.test('the names of metrics are a list without repeats', async t => {
  t.same(namingsOf(loadConfig({})), ['fastify'])
  t.same(namingsOf(loadConfig({ METRICS_NAMES: 'django, otel,django' })), ['django', 'otel'])
  t.throws(() => loadConfig({ METRICS_NAMES: 'rails' }), { message: /METRICS_NAMES is "rails", but must be a comma-separated list of fastify, django, otel/ })
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

t.test('a token that no header can carry is refused, and not shown', async t => {
  for (const name of ['JOURNAL_TOKEN', 'MANAGEMENT_TOKEN'] as const) {
    for (const token of ['hunter2\n', ' hunter2', 'hunter2 ', 'hünter2', 'hunter2\u0000', 'hun\tter2']) {
      t.throws(() => loadConfig({ [name]: token }), { message: new RegExp(`^${name} is wrong, but must have only letters(?![^]*h.nter2)`) }, JSON.stringify(token))
    }
    t.equal(loadConfig({ [name]: 'a secret ~!' })[name], 'a secret ~!')
  }
})

t.test('metrics are never served nowhere', async t => {
  t.throws(() => loadConfig({ MANAGEMENT_APART: 'true', MANAGEMENT_PORT: '0' }), { message: /MANAGEMENT_APART is true, but MANAGEMENT_PORT is 0/ })
  t.match(loadConfig({ MANAGEMENT_APART: 'true' }), { MANAGEMENT_APART: true, MANAGEMENT_PORT: 9464 })
})
