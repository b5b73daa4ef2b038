import { parseArgs } from 'node:util'

export interface Options {
  /** Rows to measure. */
  rows: string[]
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
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: flag, quick: flag, check: flag } })
  const unknown = positionals.find(row => !known.includes(row))
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}: there are ${known.join(', ')}`)
  return { ...values, rows: positionals.length > 0 ? known.filter(row => positionals.includes(row)) : known }
}
