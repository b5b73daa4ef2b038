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

/** A row of a Markdown table. */
export function row (cells: string[]): string {
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
    row, version(node), what, beside, measure, missing === undefined
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

/** A version as people write it. */
export function version (node = ''): string {
  return node.replace(/^v/, '')
}

/** A number with as many digits as mean something: four, and thousands whole. */
export function digits (value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  const decimals = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3
  return value.toFixed(decimals)
}
