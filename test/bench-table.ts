import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { describeStates } from './bench/compare.js'
import { costs } from './bench/costs.js'
import { majors } from './bench/nodes.js'
import { readOptions } from './bench/options.js'
import { merge, reached, type Result } from './bench/result.js'
import { replaceSection } from './bench/section.js'
import { compareQuantiles, ratios, spread } from './bench/statistics.js'
import { digits, markdown, table } from './bench/table.js'

const result: Result = {
  row: 'http',
  node: 'v24.21.0',
  what: 'ours',
  beside: 'bare',
  measure: 'instructions',
  unit: 'instructions',
  cost: 84000,
  costBeside: 83000,
  ratio: 1.012,
  quartiles: [1.01, 1.02],
  nextTick: 'fast',
  target: { ratio: 1.02 }
}

t.test('the spread is the median and the quartiles', async t => {
  t.strictSame(spread([7]), { median: 7, quartiles: [7, 7] })
  t.strictSame(spread([4, 1, 3, 2, 5]), { median: 3, quartiles: [2, 4] })
  t.strictSame(spread([10, 9]), { median: 9.5, quartiles: [9.25, 9.75] })
  t.throws(() => spread([]), RangeError)
  t.strictSame(ratios([2, 9], [4, 3]), [0.5, 3])
})

t.test('a percentile is of all windows together, and its quartiles are of windows drawn from them', async t => {
  const windows = Array.from({ length: 40 }, () => [1, 2, 3, 4, 5])
  const doubled = windows.map(window => window.map(each => 2 * each))
  const plain = { cost: 3, costBeside: 3, ratio: 1, quartiles: [1, 1] }
  t.strictSame(compareQuantiles(windows, windows, 0.5), plain)
  t.strictSame(compareQuantiles(doubled, windows, 0.5), { ...plain, cost: 6, ratio: 2, quartiles: [2, 2] })
  const disturbed = [[100, 100, 100, 100, 100], ...windows.slice(1)]
  t.match(compareQuantiles(disturbed, windows, 0.5), { cost: 3, ratio: 1 }, 'one of forty hardly counts')
  const [least, most] = compareQuantiles(disturbed, windows, 0.99).quartiles as [number, number]
  t.ok(least < most, 'but in what is rare, which the quartiles tell')
})

t.test('a number has the digits that mean something', async t => {
  t.strictSame([0.025, 1.0184, 20.123, 123.45, 83000.4].map(digits), ['0.025', '1.018', '20.12', '123.5', '83,000'])
})

t.test('a target is reached by the ratio or by the difference, or it is not known', async t => {
  t.equal(reached(result), true)
  t.equal(reached({ ...result, ratio: 1.021 }), false)
  t.equal(reached({ ...result, unit: 'bytes', target: { difference: 999 } }), false)
  t.equal(reached({ ...result, unit: 'bytes', target: { difference: 1000 } }), true)
  t.strictSame([83_000, 84_000].map(most => reached({ ...result, target: { most } })), [false, true])
  t.equal(
    reached({
      row: 'http',
      what: 'ours',
      beside: 'bare',
      measure: 'CPU',
      unit: 'µs',
      target: { ratio: 1.02 },
      missing: 'skipped'
    }),
    undefined
  )
})

t.test('the table has a line for each result, and says what is missing', async t => {
  const { cost, costBeside, ratio, quartiles, nextTick, ...rest } = result
  t.equal(table([
    result,
    { ...rest, what: 'a longer name', missing: 'skipped' },
    { ...rest, missing: 'It is not there' }
  ]), [

    'row   Node.js  what           beside  measure       cost     beside it  ratio  quartiles    nextTick  target   ' +
      'reached',
    'http  24.21.0  ours           bare    instructions  84,000   83,000     1.012  1.010–1.020  fast      ≤ 1.020  ' +
      'yes',

    'http  24.21.0  a longer name  bare    instructions  skipped                                           ≤ 1.020',
    'http  24.21.0  ours           bare    instructions  failed                                            ≤ 1.020',
    'http, instructions, ours: It is not there'
  ].join('\n'))
})

t.test('the documents get the table with the machine it was measured on', async t => {
  const run = { date: '2025-01-31', cpu: 'A CPU', cores: 2, quick: false, results: [result] }
  const text = replaceSection('# Title\n<!-- bench -->\nold\n<!-- /bench -->\nrest\n', 'bench', markdown(run))
  const row = (...cells: string[]) => `| ${cells.join(' | ')} |\n`
  t.equal(text, `# Title
<!-- bench -->
Measured on A CPU, 2 cores.

| row | Node.js | what | beside | measure | cost | beside it | ratio | quartiles | nextTick | target | reached | date |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${row(
  'http', '24.21.0', 'ours', 'bare', 'instructions', '84,000', '83,000', '1.012', '1.010–1.020', 'fast', '≤ 1.020',
  'yes', '2025-01-31'
)}<!-- /bench -->
rest
`)
  t.throws(() => replaceSection('<!-- /bench --><!-- bench -->', 'bench', ''), /no section between/)
})

t.test('the README shows the cost of each way of recording beside its peers, and of ours on each Node.js', async t => {
  const other = { ...result, row: 'peers', what: 'a | peer', ratio: 1.25 }
  const results = [
    result,
    { ...result, row: 'peers' },
    { ...result, row: 'peers', measure: 'CPU' as const, ratio: 1.1 },
    other,
    { ...result, row: 'sql', node: 'v20.20.2', what: 'on another Node.js' },
    { ...result, row: 'sql', what: 'by the clock', measure: 'time' as const },
    { ...result, what: 'fastify-vitals: metrics', beside: 'bare Fastify' },
    { ...result, what: 'fastify-vitals: metrics', beside: 'bare Fastify', node: 'v20.20.2', ratio: 1.017 }
  ]
  t.equal(costs({
    date: '2025-01-31',
    cpu: 'A CPU',
    cores: 2,
    quick: false,
    results
  }), `| Recording | Beside | Instructions | CPU time |
| --- | --- | --: | --: |
| ours | bare | 1.012 × | 1.100 × |
| a \\| peer | bare | 1.250 × |  |

| On Node.js | Beside | 24.21.0 | 20.20.2 |
| --- | --- | --: | --: |
| metrics, instructions | bare Fastify | 1.012 × | 1.017 × |

On 2025-01-31, A CPU, 2 cores; the first table on Node.js 24.21.0.`)
})

t.test('a further run replaces what it measured on its Node.js, and one on another machine all there is', async t => {
  const results = [result, { ...result, row: 'sql' }]
  const known = { date: '2025-01-31', cpu: 'A CPU', cores: 2, quick: false, results }
  const further = { ...known, date: '2025-02-01', results: [{ ...result, node: 'v24.22.0', what: 'ours, faster' }] }
  t.strictSame(merge(known, further).results, [
    { ...result, node: 'v24.22.0', what: 'ours, faster', date: '2025-02-01' },
    { ...result, row: 'sql', date: '2025-01-31' }
  ])
  const elsewhere = { ...further, cpu: 'Another CPU' }
  t.strictSame(merge(merge(known, further), elsewhere).results, [{ ...further.results[0], date: '2025-02-01' }])
  for (const other of [{ node: 'v20.20.2' }, { measure: 'CPU' as const }]) {
    t.equal(merge(known, { ...further, results: [{ ...result, ...other }] }).results.length, 3, 'is known beside it')
  }
})

t.test('the state of nextTick is told of both, unless it was the same', async t => {
  t.equal(describeStates([], []), '')
  t.equal(describeStates(['fast', 'fast'], ['fast']), 'fast')
  t.equal(describeStates(['fast', 'slow'], ['slow', 'fast']), 'fast or slow')
  t.equal(describeStates(['fast'], ['slow', 'slow']), 'fast, beside slow')
})

t.test('the Node.js of the image is measured on first, then each other that is tested on', async t => {
  const read = async (path: string) => await readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')
  t.match(await read('Dockerfile'), `FROM node:${majors[0]}.`)
  const [, tested = ''] = /supported=\(([\d ]+)\)/.exec(await read('.ci/matrix')) ?? []
  t.strictSame(majors.map(String).sort(), tested.split(' '))
})

t.test('the command line names rows and flags', async t => {
  t.strictSame(readOptions([], ['http', 'sql']), {
    json: false,
    quick: false,
    check: false,
    nodes: [24, 20, 22, 26],
    rows: ['http', 'sql']
  })
  t.match(
    readOptions(['sql', '--quick', '--json', '--check'], ['http', 'sql']),
    { json: true, quick: true, check: true, rows: ['sql'] }
  )
  t.throws(() => readOptions(['htp'], ['http', 'sql']), /There is no row htp: there are http, sql/)
  t.throws(() => readOptions(['--fast'], ['http']), /--fast/)
  t.strictSame(readOptions(['--node=20', '--node', '24'], ['http'])?.nodes, [24, 20])
  t.equal(readOptions(['--only', 'CPU'], ['http'])?.only, 'CPU')
  t.throws(() => readOptions(['--only=time'], ['http']), /--only is instructions or CPU, not time/)
  t.throws(() => readOptions(['--node=18'], ['http']), /Node.js 18 is not measured on: give one of 24, 20, 22, 26/)
})
