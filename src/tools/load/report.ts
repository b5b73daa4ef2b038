import { isEqual, totals, type Line } from './compare.js'
import type { Driven } from './drive.js'

const number = (value: number) => value.toLocaleString('en')

/** Returns the comparison as a table, and its conclusion. */
export function report (
  lines: Line[],
  { errors, timeouts }: Pick<Driven, 'errors' | 'timeouts'>,
  restarted: boolean
): string {
  const rows = [
    ['Route', 'autocannon', 'service'],
    ...lines.map(({ name, sent, counted }) => [name, number(sent), number(counted)])
  ]
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => (row[column] as string).length)))
  const table = rows.map(([name = '', ...numbers]) => [
    name.padEnd(widths[0] as number),
    ...numbers.map((number, index) => number.padStart(widths[index + 1] as number))
  ].join('  '))
  const { sent, counted } = totals(lines)
  const verdict = isEqual(lines) ? 'equal.' : `not equal. ${reason(lines, errors, timeouts, restarted)}`
  return `${table.map(line => `  ${line}\n`).join('')}
autocannon saw ${number(sent)} requests, the service counted ${number(counted)}: ${verdict}
`
}

function reason (lines: Line[], errors: number, timeouts: number, restarted: boolean): string {
  if (restarted) {
    return 'The service was restarted meanwhile, or /metrics comes from another of its replicas: each counts its own.'
  }
  if (errors > 0) {
    return `${number(errors)} connections failed or had no answer in time (${number(timeouts)}), ` +
      'and what was under way on them may not have arrived.'
  }
  if (lines.some(({ sent, counted }) => counted < sent)) {
    return 'The service counted fewer than were answered: behind a load balancer each replica counts its own; ' +
      'else this is a fault of its metrics.'
  }
  return 'Somebody else asked the same routes meanwhile, such as a probe or Alertmanager: ' +
    'try again, or leave the route out with --mix.'
}
