import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts } from '../compare.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import { installPeers } from '../peers.js'
import type { Plugin } from '../programs/http/fastify.js'
import type { Result } from '../result.js'
import { on, plugins, requests, rested, type Workload } from '../workload.js'

const ours: Plugin[] = ['metrics', 'health', 'pressure', 'postgres']

/** What `fastify-vitals/warm` buys a service that has had a rest, with our plugins and without. */
export async function warm (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  await installPeers()
  return await onEachNode(bench, 'warm', async node => [
    ...await compare(bench, 'bare Fastify', warm => plugins(bench, [], node, { warm })),
    ...await compare(bench, 'cors, helmet, cookie and rate-limit', warm => usual(bench, node, warm)),
    ...await compare(bench, `fastify-vitals: ${ours.join(', ')}`, warm => plugins(bench, ours, node, { warm }))
  ])
}

const usual = (bench: Bench, node: NodeJs, warm: boolean) => on(
  node,
  requests(bench, '', { file: 'peers/usual', warm })
)

async function compare (bench: Bench, name: string, workload: (warm: boolean) => Workload): Promise<Result[]> {
  const [without, with_] = [false, true].map(warm => rested(workload(warm))) as [Workload, Workload]
  return await compareWorkloads(bench, 'warm', { ...without, name: `${name}, after a rest` }, [
    { it: { ...with_, name: `${name}, with fastify-vitals/warm` } }
  ])
}
