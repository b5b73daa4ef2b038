import { spawnSync } from 'node:child_process'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { familiesOf, namingNames, type Naming } from '../../src/metrics/naming/index.js'
import { createInstruments, recordEverything } from '../fixtures/instruments.js'
import { havePrograms } from '../fixtures/programs.js'

/** Names that django-prometheus and OpenTelemetry have given, against Prometheus' habits. */
const complaints: Record<Naming, string[]> = {
  fastify: [],
  django: [
    'django_migrations_applied_total non-counter metrics should not have "_total" suffix',
    'django_migrations_unapplied_total non-counter metrics should not have "_total" suffix'
  ],
  otel: ['db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix']
}

t.test('promtool has nothing to say but for names that others have given', async t => {
  if (!havePrograms(t, 'promtool')) return
  const catalogue = new Catalogue()
  const instruments = createInstruments(catalogue)
  recordEverything(instruments)
  instruments.add('db.query.errors', ['', 'select', 'q', 'CONNECT_TIMEOUT'])
  for (const namings of [...namingNames.map(naming => [naming]), namingNames]) {
    const { stdout, stderr, status } = spawnSync(
      'promtool',
      ['check', 'metrics'],
      { input: createExposition(catalogue, familiesOf(namings), text004).render().text, encoding: 'utf8' }
    )
    const expected = namings.flatMap(naming => complaints[naming])
    t.strictSame((stdout + stderr).split('\n').filter(line => line !== '').sort(), expected.sort(), namings.join())
    t.equal(status, expected.length === 0 ? 0 : 3)
  }
})
