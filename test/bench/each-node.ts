import type { Bench } from './bench.js'
import { attempt } from './compare.js'
import { nodeOf, type NodeJs } from './nodes.js'
import type { Result } from './result.js'

/** Measures on each Node.js that was asked for; one that cannot be had is in the results as missing. */
export async function onEachNode (
  { nodes }: Bench,
  row: string,
  measure: (node: NodeJs) => Promise<Result[]>
): Promise<Result[]> {
  const results: Result[] = []
  for (const major of nodes) {
    const node = await attempt(async () => await nodeOf(major))
    if ('missing' in node) {
      results.push({
        row,
        node: `v${major}`,
        what: 'all',
        beside: 'all',
        measure: 'instructions',
        unit: 'instructions',
        ...node
      })
    } else results.push(...await measure(node))
  }
  return results
}
