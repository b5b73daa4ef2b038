import { mkdir, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { familiesOf, namingNames } from '../../src/metrics/naming/index.js'
import { gridsOf, servedFamilies, type Served } from '../../src/metrics/naming/served.js'
import { createInstruments, instrumentNames, recordEverything } from '../fixtures/instruments.js'

const directory = new URL('../fixtures/served/', import.meta.url)
const place = (name: string) => instrumentNames.indexOf(name) + 1

// Whoever has a dashboard or an alert has these names, labels and numbers in it: a change here is one of theirs.
// TAP_SNAPSHOT=1 npx tap test/metrics/served.ts writes what is served by now.
const common = familiesOf([])
const lists = [['all', common] as const, ...namingNames.map(name =>
  [name, familiesOf([name]).filter(family => !common.includes(family))] as const
)]
for (const [name, families] of lists) {
  t.test(`what is served with ${name === 'all' ? 'each naming' : name} is what was served`, async t => {
    const catalogue = new Catalogue()
    const instruments = createInstruments(catalogue)
    // Each number is another, so that a sum shows what was added up.
    recordEverything(instruments, {}, place)
    recordEverything(instruments, {
      method: 'POST',
      route: '/orders',
      status: '404',
      scheme: 'https',
      pool: 'replica',
      operation: 'insert',
      query: 'add_order',
      outcome: 'rollback',
      code: '40001',
      state: 'used',
      reason: 'alive',
      type: 'RangeError',
      space: 'old',
      kind: 'major',
      check: 'disk',
      hook: 'finish'
    }, name => 1000 * place(name))
    const served = createExposition(catalogue, families, text004).render().text.toString()
    const kept = new URL(`${name}.txt`, directory)
    if (process.env['TAP_SNAPSHOT'] === '1') {
      await mkdir(directory, { recursive: true })
      await writeFile(kept, served)
    }
    t.equal(served, await readFile(kept, 'utf8'))
  })
}

/** Lines that are served of what is recorded of each instrument. */
function linesOf (served: Served): Set<string> {
  const catalogue = new Catalogue({ grids: gridsOf(served) })
  recordEverything(createInstruments(catalogue), {}, place)
  const { text } = createExposition(catalogue, servedFamilies(served), text004).render()
  return new Set(text.toString().split('\n'))
}

t.test('buckets of one\'s own leave the numbers of all others as they are', async t => {
  const names = ['fastify', 'otel', 'django'] as const
  const usual = linesOf({ names })
  const own = { buckets: [0.003, 0.021, 3] }
  const changed = linesOf({ names, families: { db_query_duration_seconds: own } })
  const isOf = (line: string) => line.startsWith('db_query_duration_seconds_bucket')
  t.strictSame([...changed].filter(line => !isOf(line)), [...usual].filter(line => !isOf(line)))
  const series = 'db_query_duration_seconds_bucket{operation="select",query="list_things"'
  t.strictSame(
    [...changed].filter(isOf),
    [['0.003', 0], ['0.021', 0], ['3', 1], ['+Inf', 1]].map(([le, count]) => `${series},le="${le}"} ${count}`)
  )
})

t.test('a prefix, labels and names of one\'s own are all that changes', async t => {
  const lines = [...linesOf({
    names: ['fastify'],
    namePrefix: 'shop_',
    labels: { zone: 'a' },
    families: {
      db_rows_total: { name: 'rows_total', labels: { query: 'statement' } },
      http_requests_in_flight: { help: 'Busy.' },
      db_connections: false
    }
  })]
  t.strictSame(lines.filter(line => !/^(# (HELP|TYPE) )?shop_/.test(line)), [''], 'all have the prefix')
  t.strictSame(lines.filter(line => /^[^#].* /.test(line) && !/[{,]zone="a"[,}]/.test(line)), [], 'and the label')
  t.match(lines.find(line => line.startsWith('shop_db_query_duration_seconds_bucket')), /,zone="a",le="0.0005"} 0$/)
  const number = place('db.rows')
  t.ok(lines.includes(`shop_rows_total{operation="select",statement="list_things",zone="a"} ${number}`))
  t.notOk(lines.some(line => line.includes('shop_db_rows_total')))
  t.ok(lines.includes('# HELP shop_http_requests_in_flight Busy.'))
  t.strictSame(lines.filter(line => /shop_db_connections[ {]/.test(line)), [])
  t.ok(lines.some(line => /^shop_db_connections_max\{/.test(line)), 'what only begins so is served')
})
