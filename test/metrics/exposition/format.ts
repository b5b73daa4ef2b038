import { spawnSync } from 'node:child_process'
import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createMetricsClient } from '../../../src/metrics/prom-client/client.js'
import { clientTextIn } from '../../../src/metrics/exposition/client-text.js'
import { createExposition } from '../../../src/metrics/exposition/exposition.js'
import { openMetrics, text004 } from '../../../src/metrics/exposition/format.js'
import type { Family } from '../../../src/metrics/family.js'
import { cut, secondsGrid } from '../../../src/metrics/grid.js'
import { familiesOf, namingNames } from '../../../src/metrics/naming/index.js'
import { createInstruments, recordEverything } from '../../fixtures/instruments.js'
import { parse } from '../../fixtures/exposition.js'
import { parseOpenMetrics } from '../../fixtures/open-metrics.js'
import { havePrograms } from '../../fixtures/programs.js'

t.test('OpenMetrics has its own names of counters, bounds and units, and an end', async t => {
  const catalogue = new Catalogue()
  catalogue.histogram('durations', ['route'], secondsGrid).cell('/').record(0.5)
  catalogue.value('things').cell().add(3)
  const families: Family[] = [
    {
      name: 'duration_seconds',
      type: 'histogram',
      help: 'The "durations".',
      of: ['durations'],
      cut: cut(secondsGrid, [0.1, 1])
    },
    { name: 'things_total', type: 'counter', help: 'Things.', of: ['things'] },
    { name: 'odd', type: 'counter', help: 'Named as no counter is.', of: ['things'] }
  ]
  t.equal(createExposition(
    catalogue,
    families,
    openMetrics
  ).render().text.toString(), `# HELP duration_seconds The \\"durations\\".
# TYPE duration_seconds histogram
# UNIT duration_seconds seconds
duration_seconds_bucket{route="/",le="0.1"} 0
duration_seconds_bucket{route="/",le="1.0"} 1
duration_seconds_bucket{route="/",le="+Inf"} 1
duration_seconds_sum{route="/"} 0.5
duration_seconds_count{route="/"} 1
# HELP things Things.
# TYPE things counter
things_total 3
# HELP odd Named as no counter is.
# TYPE odd unknown
odd 3
# EOF
`)
})

t.test('every naming is strict OpenMetrics, and has the same series as in text 0.0.4', async t => {
  for (const naming of [...namingNames.map(name => [name]), [...namingNames]]) {
    const catalogue = new Catalogue()
    recordEverything(createInstruments(catalogue))
    const write = (format: typeof text004) => createExposition(catalogue, familiesOf(naming), format).render().text
    const series = (families: ReturnType<typeof parse>) => [...families.values()].flatMap(({ samples }) => samples)
      .map(({
        name,
        labels: { le, ...labels },
        value
      }) => JSON.stringify([name, labels, le && Number(le), value])).sort()
    t.strictSame(series(parseOpenMetrics(write(openMetrics))), series(parse(write(text004))), naming.join())
  }
})

async function clientText () {
  const { register, Counter, Gauge, Histogram, Summary } = createMetricsClient([])
  new Counter({ name: 'orders_total', help: 'Orders "taken"\nper \\', labelNames: ['le', 'kind'] }).inc(
    { kind: 'a,le="1"', le: '1' },
    2
  )
  new Counter({ name: 'odd', help: 'Odd' }).inc()
  new Gauge({ name: 'orders', help: 'Under way' }).set(NaN)
  new Histogram({ name: 'weight_bytes', help: 'Weight', labelNames: ['of'], buckets: [1, 2.5, 1e6] }).observe(
    { of: '",le="1",x="' },
    2
  )
  new Summary({ name: 'size_metres', help: 'Size', percentiles: [0.5, 1] }).observe(3)
  const names = register.getMetricsAsArray().map(({ name }) => name)
  return (await Promise.all(names.map(async name => await register.textOf(name)))).map(text => `${text}\n`).join('')
}

t.test('what prom-client holds is rendered to match', async t => {
  const text = await clientText()
  const families = parseOpenMetrics(clientTextIn(openMetrics, text) + openMetrics.end)
  t.equal(clientTextIn(text004, text), text)
  t.equal(families.get('orders_total')?.type, 'unknown', 'a gauge has the name that its family would have')
  t.equal(families.get('odd')?.type, 'unknown')
  t.strictSame(families.get('orders_total')?.samples[0]?.labels, { kind: 'a,le="1"', le: '1' })
  t.strictSame(
    families.get('weight_bytes')?.samples.map(({ labels: { le, of } }) => [le, of]).slice(0, 4),
    ['1.0', '2.5', '1e+06', '+Inf'].map(le => [le, '",le="1",x="'])
  )
  t.match(clientTextIn(openMetrics, text), /^# UNIT weight_bytes bytes$/m)
  t.match(clientTextIn(openMetrics, text), /^# HELP orders_total Orders \\"taken\\"\\nper \\\\$/m)
})

t.test('what prom-client may write is read by its lines, whatever is in helps and labels', async t => {
  t.equal(clientTextIn(openMetrics, `# HELP parcels_total Not # TYPE parcels gauge
# TYPE parcels_total counter
parcels_total{of="# TYPE x gauge"} 1
# HELP bare
# TYPE bare gauge
bare 1
# HELP parts_total_seen Parts
# TYPE parts_total_seen counter
parts_total_seen 2
# HELP weight Weight
# TYPE weight histogram
weight_bucket{shelf="1",le="1"} 2
weight_bucket{shelf="1",le="+Inf"} 2
weight_sum{shelf="1"} 3
weight_count{shelf="1"} 2
# HELP wait Wait
# TYPE wait summary
wait{quantile="1"} 3
wait_sum 3
wait_count 1
`), `# HELP parcels Not # TYPE parcels gauge
# TYPE parcels counter
parcels_total{of="# TYPE x gauge"} 1
# HELP bare\x20
# TYPE bare gauge
bare 1
# HELP parts_total_seen Parts
# TYPE parts_total_seen unknown
parts_total_seen 2
# HELP weight Weight
# TYPE weight histogram
weight_bucket{shelf="1",le="1.0"} 2
weight_bucket{shelf="1",le="+Inf"} 2
weight_sum{shelf="1"} 3
weight_count{shelf="1"} 2
# HELP wait Wait
# TYPE wait summary
wait{quantile="1.0"} 3
wait_sum 3
wait_count 1
`)
})

t.test('promtool finds nothing wrong with what prom-client holds, in text 0.0.4', async t => {
  if (!havePrograms(t, 'promtool')) return
  const { stderr } = spawnSync(
    'promtool',
    ['check', 'metrics'],
    { input: (await clientText()).replace(/^# HELP odd[^]*?(?=^#(?! TYPE odd))/m, ''), encoding: 'utf8' }
  )
  t.notMatch(stderr, /error/i)
})
