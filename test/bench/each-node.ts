import { attempt } from './compare.js'
import { majors, nodeOf, type NodeJs } from './nodes.js'
import type { Result } from './result.js'

/** Measures on each Node.js that is supported, that of the image first; one that cannot be had is in the results as missing. */
export async function onEachNode (row: string, measure: (node: NodeJs) => Promise<Result[]>): Promise<Result[]> {
  const results: Result[] = []
  for (const major of majors) {
    const node = await attempt(async () => await nodeOf(major))
    if ('missing' in node) results.push({ row, node: `v${major}`, what: 'all', beside: 'all', measure: 'instructions', unit: 'instructions', ...node })
    else results.push(...await measure(node))
  }
  return results
}
