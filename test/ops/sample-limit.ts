import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig, namingsOf } from '../../src/config/config.js'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { familiesOf } from '../../src/metrics/naming/index.js'
import { createInstruments, recordEverything, type HistogramName } from '../fixtures/instruments.js'
import { root } from '../fixtures/guide.js'

const read = async (...path: string[]) => parse(await readFile(join(root, ...path), 'utf8'), { merge: true })

/** What grows without a bound of its own: routes and queries. */
const growing: Array<[HistogramName, (what: string) => string[]]> = [
  ['http.server.requests', route => ['GET', route, '200', 'http']],
  ['http.server.aborted', route => ['GET', route, 'http']],
  ['db.query.wait', query => ['', 'select', query]],
  ['db.query.execution', query => ['', 'select', query]]
]

t.test('Prometheus takes, with room to spare, the samples that METRICS_MAX_SERIES allows under all names', async t => {
  const { scrape_configs: [{ sample_limit: limit }] } = await read('ops', 'prometheus', 'prometheus.yml')
  const settings = loadConfig({ METRICS_NAMES: 'fastify,django,otel', DATABASE_URL: 'postgres://database' })

  for (const [name, labels] of growing) {
    const catalogue = new Catalogue({ maxSeries: settings.METRICS_MAX_SERIES })
    const instruments = createInstruments(catalogue)
    recordEverything(instruments)
    for (let index = 0; index < settings.METRICS_MAX_SERIES; index++) {
      instruments.record(name, labels(`/things/${index}`), 1)
    }
    t.ok(catalogue.folded > 0, `${name}: the most series are held`)
    const lines = createExposition(
      catalogue,
      familiesOf(namingsOf(settings)),
      text004
    ).render().text.toString().split('\n')
    const samples = lines.filter(line => /^\w/.test(line)).length
    t.ok(samples > settings.METRICS_MAX_SERIES, `${name}: ${samples} samples`)
    t.ok(samples < 0.8 * limit, `${name}: ${samples} of ${limit}, of which ScrapeSamplesNearLimit tells nothing yet`)
  }
})
