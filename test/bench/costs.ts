import type { Result, Run } from './result.js'
import { digits, row, version } from './table.js'

/**
 * The few results that say what recording costs, as two Markdown tables: a row for each way of recording, with both
 * measures, on the Node.js that the peers were measured on; and our own on each Node.js.
 */
export function costs (run: Run): string {
  const { cpu, cores, results } = run
  const machine = `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`
  const node = results.find(({ row }) => row === 'peers')?.node
  const beside = results.filter(({ row, measure, node: other = node }) => ['peers', 'sql', 'alerts'].includes(row) &&
    ['instructions', 'CPU'].includes(measure) && other === node)
  const ways = beside.filter(({ what, beside: other }, place) => beside.findIndex(one => one.what === what &&
    one.beside === other) === place)
  const ratio = (way: Result, measure: Result['measure']) => ratioOf(beside.find(other => other.what === way.what &&
    other.beside === way.beside && other.measure === measure))
  return [
    row(['Recording', 'Beside', 'Instructions', 'CPU time']),
    row(['---', '---', '--:', '--:']),
    ...ways.map(way => row([way.what, way.beside, ratio(way, 'instructions'), ratio(way, 'CPU')])),
    '',
    ...onEachNode(results),
    '',
    `On ${dates([...beside, ...results.filter(isOnEachNode)], run)}, ${machine}; ` +
      `the first table on Node.js ${version(node)}.`
  ].join('\n')
}

/** What is shown of each Node.js: what all requests pay, and what a whole service costs. */
const shown = [
  { row: 'http', what: 'fastify-vitals: metrics', beside: 'bare Fastify', measure: 'instructions' },
  {
    row: 'http',
    what: 'fastify-vitals: metrics, health, pressure, postgres',
    beside: 'bare Fastify',
    measure: 'instructions'
  },
  { row: 'service', what: 'the service', beside: 'bare Fastify with its logger', measure: 'CPU' }
]

function onEachNode (results: Result[]): string[] {
  const known = results.filter(isOnEachNode)
  const nodes = [...new Set(known.map(({ node }) => node))]
  return [
    row(['On Node.js', 'Beside', ...nodes.map(version)]),
    row(['---', '---', ...nodes.map(() => '--:')]),
    ...shown.filter(one => known.some(result => isOf(one, result))).map(one => row([
      `${one.what.replace('fastify-vitals: ', '')}, ${one.measure === 'CPU' ? 'CPU time' : one.measure}`,
      one.beside,
      ...nodes.map(node => ratioOf(known.find(result => isOf(one, result) && result.node === node)))
    ]))
  ]
}

function isOnEachNode (result: Result): boolean {
  return shown.some(one => isOf(one, result))
}

function isOf (one: typeof shown[number], result: Result): boolean {
  return (['row', 'what', 'beside', 'measure'] as const).every(key => one[key] === result[key])
}

function ratioOf (result: Result | undefined): string {
  return result?.ratio === undefined ? '' : `${digits(result.ratio)} ×`
}

function dates (results: Result[], { date }: Run): string {
  return [...new Set(results.map(result => result.date ?? date))].sort().join(' and ')
}
