import { parseArgs } from 'node:util'
import { majors } from './nodes.js'

export interface Options {
  /** Rows to measure. */
  rows: string[]
  /** Major versions of Node.js to measure the rows on that are measured on several, that of the image first. */
  nodes: number[]
  /** Print the run as JSON in place of the table. */
  json: boolean
  /** Measure less often: to see that it works, not to believe. */
  quick: boolean
  /** Exit with 1 when a target was missed. */
  check: boolean
}

/**
 * Reads the command line.
 * Throws an Error that names what it cannot make sense of.
 */
export function readOptions (args: string[], known: string[]): Options {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    json: flag,
    quick: flag,
    check: flag,
    node: { type: 'string', multiple: true, default: [] as string[] }
  } as const
  const { values: { node, ...flags }, positionals } = parseArgs({ args, allowPositionals: true, options })
  const other = node.find(major => !majors.map(String).includes(major))
  if (other !== undefined) throw new Error(`Node.js ${other} is not measured on: give one of ${majors.join(', ')}`)
  const unknown = positionals.find(row => !known.includes(row))
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}: there are ${known.join(', ')}`)
  const nodes = majors.filter(major => node.length === 0 || node.includes(String(major)))
  return { ...flags, nodes, rows: positionals.length > 0 ? known.filter(row => positionals.includes(row)) : known }
}
