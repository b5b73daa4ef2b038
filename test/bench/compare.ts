import { alternate, type Measured } from './alternate.js'
import type { Bench } from './bench.js'
import { cpuTime } from './cpu.js'
import { countInstructions } from './instructions.js'
import { skipped, type Result, type Target } from './result.js'
import { ratios, spread } from './statistics.js'
import type { Workload } from './workload.js'

export interface Side {
  name: string
  open: () => Promise<Measured>
}

export interface Other<T> {
  it: T
  target?: Target
}

type Row = Pick<Result, 'row' | 'measure' | 'unit'>

/** Measures workloads beside another one in both ways: the instructions decide, the CPU time is shown with them. */
export async function compareWorkloads (bench: Bench, row: string, beside: Workload, others: Array<Other<Workload>>): Promise<Result[]> {
  const sides = others.map(({ it }) => ({ it: { name: it.name, open: async () => await cpuTime(bench, it) } }))
  bench.progress.begin(row, (bench.callgrind ? (others.length + 1) * bench.plan.counts : 0) + stepsOf(bench, others.length))
  return [
    ...await compareInstructions(bench, row, beside, others),
    ...await compareSides(bench, { row, measure: 'CPU', unit: 'µs' }, { name: beside.name, open: async () => await cpuTime(bench, beside) }, sides)
  ]
}

/** Steps of progress that comparing so many sides takes. */
export function stepsOf ({ plan: { starts, rounds } }: Bench, others: number): number {
  return others * starts * (rounds + 1)
}

/** Measures sides beside another one, each in alternating rounds with it. */
export async function compareSides (bench: Bench, row: Row, beside: Side, others: Array<Other<Side>>): Promise<Result[]> {
  const results: Result[] = []
  for (const { it, target } of others) {
    const found = await attempt(async () => await alternate(beside.open, it.open, bench.plan, what => bench.progress.step(`${row.measure}, ${it.name}: ${what}`)))
    results.push({ ...row, what: it.name, beside: beside.name, ...(target && { target }), ...('missing' in found ? found : figures(...found)) })
  }
  return results
}

async function compareInstructions (bench: Bench, row: string, beside: Workload, others: Array<Other<Workload>>): Promise<Result[]> {
  const count = async (workload: Workload) => bench.callgrind ? await attempt(async () => await countInstructions(bench, workload)) : { missing: skipped }
  const base = await count(beside)
  const results: Result[] = []
  for (const { it, target } of others) {
    const counts = 'missing' in base ? base : await count(it)
    results.push({
      row,
      what: it.name,
      beside: beside.name,
      measure: 'instructions',
      unit: 'instructions',
      ...(target && { target }),
      ...('missing' in base ? base : 'missing' in counts ? counts : figures(base, counts, each(base, counts)))
    })
  }
  return results
}

export function figures (beside: number[], costs: number[], compared = ratios(costs, beside)): Pick<Required<Result>, 'cost' | 'costBeside' | 'ratio' | 'quartiles'> {
  const { median: ratio, quartiles } = spread(compared)
  return { cost: spread(costs).median, costBeside: spread(beside).median, ratio, quartiles }
}

/** Starts are independent of each other, so each is compared with each. */
function each (beside: number[], costs: number[]): number[] {
  return costs.flatMap(cost => beside.map(other => cost / other))
}

export async function attempt<T> (measure: () => Promise<T>): Promise<T | { missing: string }> {
  try {
    return await measure()
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
