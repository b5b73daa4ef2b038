/** What is missing where it cannot be measured. */
export const skipped = 'skipped'

/** What was found about one thing beside another. */
export interface Result {
  row: string
  /** Version of the Node.js that it was measured on; that which ran the benchmark when not given. */
  node?: string
  /** Day on which it was measured; that of the run when not given. */
  date?: string
  what: string
  beside: string
  measure: 'instructions' | 'CPU' | 'time' | 'p99' | 'memory' | 'allocated'
  unit: 'instructions' | '× bare' | 'µs' | 'ns' | 'ms' | 'bytes' | 'MiB' | '% of a core'
  /** Per request, query, record, scrape or series. */
  cost?: number
  costBeside?: number
  ratio?: number
  quartiles?: [number, number]
  /** In which state `process.nextTick()` was, and beside which one if that differs. */
  nextTick?: string
  /** Most that the ratio, the difference of the two costs, or the cost itself should be. */
  target?: Target
  /** Why there are no figures: an error, or that this measure was skipped. */
  missing?: string
}

export type Target = { ratio: number } | { difference: number } | { most: number }

/** A run of the benchmark, as `--json` prints it. */
export interface Run {
  date: string
  cpu: string
  cores: number
  quick: boolean
  results: Result[]
}

/**
 * What is known after a further run: each measure of a row is known by its last run on each Node.js. Nothing is kept of
 * another machine.
 */
export function merge (known: Run, run: Run): Run {
  const same = known.cpu === run.cpu && known.cores === run.cores
  const place = ({ row, node = '', measure }: Result) => `${row} ${node.split('.')[0]} ${measure}`
  const measured = new Set(run.results.map(place))
  const dated = ({ date, results }: Run) => results.map(result => ({ date, ...result }))
  return { ...run, results: [...dated(run), ...dated(known).filter(result => same && !measured.has(place(result)))] }
}

/** Tells whether the target was reached; undefined where there is none, or no figures. */
export function reached ({ target, ratio, cost, costBeside }: Result): boolean | undefined {
  if (target === undefined || ratio === undefined || cost === undefined || costBeside === undefined) return undefined
  if ('most' in target) return cost <= target.most
  return 'ratio' in target ? ratio <= target.ratio : cost - costBeside <= target.difference
}
