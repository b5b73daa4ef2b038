import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts, type OtherWorkload } from '../compare.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import type { Plugin } from '../programs/http/fastify.js'
import type { Result } from '../result.js'
import { plugins } from '../workload.js'

const all: Plugin[] = ['metrics', 'health', 'pressure', 'postgres']
const pairs = all.flatMap((one, place) => all.slice(place + 1).map(other => [one, other]))

/** A hello route with our plugins, beside the bare one, on each Node.js that is supported. */
export async function http (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  return await onEachNode(bench, 'http', async node => await compareOurs(bench, node))
}

async function compareOurs (bench: Bench, node: NodeJs): Promise<Result[]> {
  const some = (names: Plugin[]): OtherWorkload => ({
    it: plugins(bench, names, node),
    target: { ratio: 1.04 },
    instructionsOnly: true
  })
  return await compareWorkloads(bench, 'http', plugins(bench, [], node), [
    { it: plugins(bench, ['metrics'], node), target: { ratio: 1.02 } },
    ...all.slice(1).map(name => some([name])),
    ...pairs.map(some),
    { ...some(all), instructionsOnly: false }
  ])
}
