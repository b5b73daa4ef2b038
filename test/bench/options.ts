import { readArguments } from '../../src/tools/shared/arguments.js'
import { majors } from './nodes.js'

/** What is measured of each request or query. */
const counted = ['instructions', 'CPU'] as const
export type Counted = typeof counted[number]

export interface Options {
  /** Rows to measure. */
  rows: string[]
  /** Major versions of Node.js to measure the rows on that are measured on several, that of the image first. */
  nodes: number[]
  /** Print the run as JSON in place of the table. */
  json: boolean
  /** Measure less often: to see that it works, not to believe. */
  quick: boolean
  /** The only measure to take of what has both. */
  only?: Counted
  /** Exit with 1 when a target was missed. */
  check: boolean
}

/** What can be asked for, in words. */
export const help = (known: string[]) => `npm run bench -- [flags] [rows]

Measures what this project costs, beside the same without it and beside others: test/bench/README.md.
Rows: ${known.join(', ')}; all when none is given.

  --quick      measure less often: to see that it works, not to believe
  --node N     on this major version of Node.js only, of ${majors.join(', ')}; may be repeated
  --only WHAT  ${counted.join(' or ')} only, of what has both
  --check      exit with code 1 when a target was missed
  --json       print the run as JSON, for npm run bench:readme
`

/**
 * Reads the command line; undefined when help is asked for.
 * Throws an Error that names what it cannot make sense of.
 */
export function readOptions (args: string[], known: string[]): Options | undefined {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    json: flag,
    quick: flag,
    check: flag,
    help: { ...flag, short: 'h' },
    only: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] as string[] }
  } as const
  const { values, positionals } = readArguments({ args, allowPositionals: true, options })
  const { node, only: named, help, ...flags } = values
  if (help) return undefined
  const other = node.find(major => !majors.map(String).includes(major))
  if (other !== undefined) throw new Error(`Node.js ${other} is not measured on: give one of ${majors.join(', ')}`)
  const unknown = positionals.find(row => !known.includes(row))
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}: there are ${known.join(', ')}`)
  const nodes = majors.filter(major => node.length === 0 || node.includes(String(major)))
  const only = counted.find(measure => measure === named)
  if (named !== undefined && only === undefined) throw new Error(`--only is ${counted.join(' or ')}, not ${named}`)
  const rows = positionals.length > 0 ? known.filter(row => positionals.includes(row)) : known
  return { ...flags, ...only && { only }, nodes, rows }
}
