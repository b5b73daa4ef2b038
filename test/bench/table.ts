import { reached, skipped, type Result, type Run, type Target } from './result.js'

const headings = [
  'row',
  'Node.js',
  'what',
  'beside',
  'measure',
  'cost',
  'beside it',
  'ratio',
  'quartiles',
  'nextTick',
  'target',
  'reached'
]

/** The results as a table for a terminal, and below it why some have no figures. */
export function table (results: Result[]): string {
  const lines = [headings, ...results.map(cells)]
  const widths = headings.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const failures = results.flatMap(({ row, measure, what, missing }) => missing === undefined || missing === skipped
    ? []
    : [`${row}, ${measure}, ${what}: ${missing}`])
  return [
    ...lines.map(line => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()),
    ...failures
  ].join('\n')
}

/** The results as a Markdown table, with what they were measured on. */
export function markdown ({ date, cpu, cores, results }: Run): string {
  const all = [...headings, 'date']
  return [
    `Measured on ${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}.`,
    '',
    row(all),
    row(all.map(() => '---')),
    ...results.map(result => row([...cells(result), result.date ?? date]))
  ].join('\n')
}

/**
 * The few results that say what recording costs, as a Markdown table: a row for each way of recording, with both
 * measures. Those of one Node.js, the one that the peers were measured on.
 */
export function costs ({ date, cpu, cores, results }: Run): string {
  const node = results.find(({ row }) => row === 'peers')?.node
  const shown = results.filter(result => ['peers', 'sql', 'alerts'].includes(result.row) &&
    (result.node ?? node) === node)
  const ways = shown.filter(({ what, beside }, place) => shown.findIndex(other => other.what === what &&
    other.beside === beside) === place)
  const ratioOf = (way: Result, measured: Result['measure']) => {
    const ratio = shown.find(({ what, beside, measure }) => what === way.what &&
      beside === way.beside &&
      measure === measured)?.ratio
    return ratio === undefined ? '' : `${digits(ratio)} ×`
  }
  return [
    row(['Recording', 'Beside', 'Instructions', 'CPU time']),
    row(['---', '---', '--:', '--:']),
    ...ways.map(way => row([way.what, way.beside, ratioOf(way, 'instructions'), ratioOf(way, 'CPU')])),
    '',
    `On ${[...new Set(shown.map(result => result.date ?? date))].sort().join(' and ')}, Node.js ${(node ?? '').replace(/^v/, '')}, ${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}.`
  ].join('\n')
}

function row (cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function cells (result: Result): string[] {
  const {
    row,
    node = '',
    what,
    beside,
    measure,
    unit,
    cost,
    costBeside,
    ratio,
    quartiles,
    nextTick = '',
    target,
    missing
  } = result
  const amount = (value: number | undefined) =>
    value === undefined ? '' : `${digits(value)} ${unit === 'instructions' ? '' : unit}`.trim()
  return [
    row, node.replace(/^v/, ''), what, beside, measure, missing === undefined
      ? amount(cost)
      : missing === skipped ? skipped : 'failed', amount(costBeside),
    ratio === undefined ? '' : digits(ratio),
    quartiles === undefined ? '' : quartiles.map(digits).join('–'),
    nextTick,
    target === undefined ? '' : wanted(target, unit),
    { true: 'yes', false: 'no', undefined: '' }[String(reached(result)) as 'true' | 'false' | 'undefined']
  ]
}

function wanted (target: Target, unit: string): string {
  if ('most' in target) return `≤ ${target.most} ${unit}`
  return 'ratio' in target ? `≤ ${digits(target.ratio)}` : `≤ ${target.difference} ${unit} more`
}

/** A number with as many digits as mean something: four, and thousands whole. */
export function digits (value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  const decimals = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3
  return value.toFixed(decimals)
}
