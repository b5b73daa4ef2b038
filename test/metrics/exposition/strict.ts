import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createExposition } from '../../../src/metrics/exposition/exposition.js'
import { openMetrics, text004 } from '../../../src/metrics/exposition/format.js'
import { familiesOf, namingNames } from '../../../src/metrics/naming/index.js'
import { parse } from '../../fixtures/exposition.js'
import { createInstruments, recordEverything } from '../../fixtures/instruments.js'
import { startObserved } from '../../fixtures/observed.js'
import { referenceParser, type ReadFamily } from '../../fixtures/reference-parser.js'

const accept = 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.8,text/plain;version=0.0.4;q=0.4'

/** What a series is: its name, its labels, and its value. */
const seriesIn = (families: ReadFamily[]) => families.flatMap(({ samples }) => samples)
  .map(({ name, labels: { le, ...labels }, value }) => JSON.stringify([name, labels, le && Number(le), Number(value)]))
  .sort()

function check (families: ReadFamily[]): string[] {
  return families.flatMap(({ name, type, unit, samples }) => {
    const expected = /_(seconds|bytes)$/.exec(name)?.[1] ?? ''
    return [
      ...unit === expected ? [] : [`${name} has the unit ${unit}`],
      ...type === 'unknown' && !name.startsWith('django_') ? [`${name} has no type`] : [],
      // They would have to be true, and nobody knows when prom-client's were created.
      ...samples.filter(({ name }) => name.endsWith('_created')).map(({ name }) => name),
      ...samples.filter(({ timed, exemplar }) => timed || exemplar).map(({ name }) => `${name} has more than a value`)
    ]
  })
}

t.test('the reference parser reads every naming, as text 0.0.4 has it', async t => {
  const read = referenceParser(t)
  if (read === undefined) return
  for (const naming of [...namingNames.map(name => [name]), [...namingNames]]) {
    const catalogue = new Catalogue()
    const instruments = createInstruments(catalogue)
    recordEverything(instruments)
    instruments.add('db.query.errors', ['', 'select', 'a "name"\\of\nlines, ☃ and {le="1"}', 'CONNECT_TIMEOUT'])
    const write = (format: typeof text004) => createExposition(catalogue, familiesOf(naming), format).render().text
    const families = read(write(openMetrics))
    const inText = [...parse(write(text004)).values()].flatMap(({ samples }) => samples)
    t.strictSame(
      seriesIn(families),
      inText.map(({ name, labels: { le, ...labels }, value }) =>
        JSON.stringify([name, labels, le && Number(le), value])).sort(),
      naming.join()
    )
    t.strictSame(check(families), [], naming.join())
  }
})

t.test('the reference parser reads what both ports serve, and what prom-client holds', async t => {
  const read = referenceParser(t)
  if (read === undefined) return
  const { main, management } = await startObserved(t)
  await (await fetch(`${main}/work`)).text()
  for (const origin of [main, management]) {
    const response = await fetch(`${origin}/metrics`, { headers: { accept } })
    t.equal(response.headers.get('content-type'), openMetrics.contentType)
    const families = read(await response.text())
    t.strictSame(check(families), [])
    const orders = families.find(({ name }) => name === 'orders')
    t.match(orders, { type: 'counter', help: 'Orders', samples: [{ name: 'orders_total', value: '1.0' }] })
  }
})

t.test('it is strict', async t => {
  const read = referenceParser(t)
  if (read === undefined) return
  const family = '# HELP a_seconds A.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n'
  t.equal(read(`${family}a_seconds_total 1\n# EOF\n`).length, 1)
  for (const broken of [
    `${family}a_seconds_total 1\n`,
    `${family}a_seconds_total 1\n# EOF\nb 1\n`,
    `${family}a_seconds 1\n# EOF\n`,
    `${family}a_seconds_total -1\n# EOF\n`,
    `${family}a_seconds_total 1\n${family}a_seconds_total 1\n# EOF\n`,
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\nh_sum 1\n# EOF\n'
  ]) t.throws(() => read(broken), broken)
})
