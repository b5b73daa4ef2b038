import type { NextTickState } from '../fixtures/next-tick.js'
import { alternate, type Costs, type Measured } from './alternate.js'
import type { Bench } from './bench.js'
import { cpuTime } from './cpu.js'
import { countInstructions } from './instructions.js'
import { skipped, type Result, type Target } from './result.js'
import { ratios, spread } from './statistics.js'
import type { Workload } from './workload.js'

export interface Side {
  name: string
  /** Starts it for the nth time. */
  open: (nth: number) => Promise<Measured>
}

export interface Other<T> {
  it: T
  /** In instructions, where these are counted. */
  target?: Target
}

export interface OtherWorkload extends Other<Workload> {
  /** In CPU time. */
  targetCpu?: Target
  /** Leaves its CPU time out, where the instructions are enough. */
  instructionsOnly?: boolean
}

type Row = Pick<Result, 'row' | 'node' | 'measure' | 'unit'>

/** Measures workloads beside another one in both ways: the instructions decide, the CPU time is shown with them. */
export async function compareWorkloads (
  bench: Bench,
  row: string,
  beside: Workload,
  others: OtherWorkload[]
): Promise<Result[]> {
  const open = (workload: Workload): Side => ({
    name: workload.name,
    open: async nth => await cpuTime(bench, workload, nth)
  })
  const sides = others.filter(({ instructionsOnly }) => instructionsOnly !== true)
    .map(({ it, targetCpu: target }) => ({ it: open(it), ...(target && { target }) }))
  const counts = bench.callgrind && bench.only !== 'CPU' ? (others.length + 1) * bench.plan.counts : 0
  const rounds = bench.only !== 'instructions' ? stepsOf(bench, sides.length) : 0
  const node = beside.node && { node: beside.node.version }
  bench.progress.begin(node === undefined ? row : `${row} ${node.node}`, counts + rounds)
  const counted = { row, ...node, measure: 'instructions', unit: 'instructions' } as const
  const timed = { row, ...node, measure: 'CPU', unit: 'µs' } as const
  return [
    ...bench.only === 'CPU' ? [] : await compareInstructions(bench, counted, beside, others),
    ...bench.only === 'instructions' ? [] : await compareSides(bench, timed, open(beside), sides)
  ]
}

/** For rows that have many things to count: two starts of each, which have the two orders of loading. */
export function twoStarts (bench: Bench): Bench {
  return { ...bench, plan: { ...bench.plan, counts: Math.min(2, bench.plan.counts) } }
}

/** Steps of progress that comparing so many sides takes. */
export function stepsOf ({ plan: { starts, rounds } }: Bench, others: number): number {
  return others * starts * (rounds + 1)
}

/** Measures sides beside another one, each in alternating rounds with it. */
export async function compareSides (
  bench: Bench,
  row: Row,
  beside: Side,
  others: Array<Other<Side>>
): Promise<Result[]> {
  const results: Result[] = []
  for (const { it, target } of others) {
    const progress = (what: string) => bench.progress.step(`${row.measure}, ${it.name}: ${what}`)
    const found = await attempt(async () => await alternate(beside.open, it.open, bench.plan, progress))
    const named = { ...row, what: it.name, beside: beside.name, ...(target && { target }) }
    results.push({ ...named, ...('missing' in found ? found : outcome(...found)) })
  }
  return results
}

async function compareInstructions (
  bench: Bench,
  row: Row,
  beside: Workload,
  others: OtherWorkload[]
): Promise<Result[]> {
  const count = async (workload: Workload) =>
    bench.callgrind ? await attempt(async () => await countInstructions(bench, workload)) : { missing: skipped }
  const base = await count(beside)
  const results: Result[] = []
  for (const { it, target } of others) {
    const counts = 'missing' in base ? base : await count(it)
    const named = { ...row, what: it.name, beside: beside.name, ...(target && { target }) }
    results.push({
      ...named,
      ...('missing' in base
        ? base
        : 'missing' in counts ? counts : outcome(base, counts, each(base.costs, counts.costs)))
    })
  }
  return results
}

function outcome (beside: Costs, found: Costs, compared?: number[]) {
  const state = describeStates(found.nextTick, beside.nextTick)
  return { ...figures(beside.costs, found.costs, compared), ...(state !== '' && { nextTick: state }) }
}

export function figures (
  beside: number[],
  costs: number[],
  compared = ratios(costs, beside)
): Pick<Required<Result>, 'cost' | 'costBeside' | 'ratio' | 'quartiles'> {
  const { median: ratio, quartiles } = spread(compared)
  return { cost: spread(costs).median, costBeside: spread(beside).median, ratio, quartiles }
}

/**
 * In words: the states in the starts of one thing and, unless all were the same, in those of the one that it was
 * measured beside.
 */
export function describeStates (found: NextTickState[], beside: NextTickState[]): string {
  const [one, other] = [found, beside].map(states => [...new Set(states)].sort().join(' or ')) as [string, string]
  return one === other ? one : `${one}, beside ${other}`
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
