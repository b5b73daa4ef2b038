import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts } from '../compare.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import type { Service } from '../programs/http/service.js'
import type { Result } from '../result.js'
import { on, plugins, requests } from '../workload.js'

/**
 * A small route of the built service, beside one of bare Fastify without `fastify-vitals/warm`: with its logger, which
 * has nothing to say of either, and without.
 */
export async function service (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  return await onEachNode(bench, 'service', async node => [
    ...await beside(bench, node, true), ...await beside(bench, node, false)
  ])
}

async function beside (bench: Bench, node: NodeJs, logger: boolean): Promise<Result[]> {
  const argument: Service = { url: await bench.database() }
  const service = requests(bench, 'the service', { file: 'http/service', argument, warm: false }, ['/health/live'])
  return await compareWorkloads(
    bench,
    'service',
    plugins(bench, [], node, { warm: false }, { logger }),
    [{ it: on(node, service), targetCpu: { ratio: 1.05 } }]
  )
}
