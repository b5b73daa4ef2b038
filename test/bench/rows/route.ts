import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts, type OtherWorkload } from '../compare.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import { installPeers } from '../peers.js'
import type { Result } from '../result.js'
import { asking, attributed, plugins } from '../workload.js'

/**
 * What knowing whose query it is costs, on each Node.js that is supported: a request that asks nothing, and one that
 * asks once.
 */
export async function route (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  const absent = await installPeers().then(() => undefined, (error: Error) => error.message)
  return await onEachNode(bench, 'route', async node => [
    ...await compareHello(bench, node), ...await compareAsking(bench, node, absent)
  ])
}

async function compareHello (bench: Bench, node: NodeJs): Promise<Result[]> {
  const isCheap = !/^v2[02]\./.test(node.version)
  const hello = (name: string, options: Parameters<typeof attributed>[3], ratio?: number): OtherWorkload => ({
    it: attributed(bench, node, `hello, ${name}`, options),
    ...ratio !== undefined && { target: { ratio } },
    instructionsOnly: true
  })
  return await compareWorkloads(bench, 'route', plugins(bench, [], node), [
    hello('request.sql', { attribute: 'request' }, 1.02),
    hello('AsyncLocalStorage', { attribute: 'async' }, isCheap ? 1.05 : undefined),
    hello('request.sql, Server-Timing', { attribute: 'request', serverTiming: true })
  ])
}

async function compareAsking (bench: Bench, node: NodeJs, absent: string | undefined): Promise<Result[]> {
  const one = (name: string, file: string, ours?: Parameters<typeof asking>[4]) =>
    asking(bench, node, `one query, ${name}`, file, ours)
  const ours = (name: string, attribute: 'request' | 'async', byRequest: boolean) =>
    one(name, 'route/ours', { metrics: { attribute }, byRequest })
  const bare = one('Fastify and postgres.js', 'route/bare')
  const charged = await compareWorkloads(bench, 'route', ours('app.sql, charged to nobody', 'request', false), [
    { it: ours('request.sql', 'request', true), instructionsOnly: true },
    { it: ours('AsyncLocalStorage', 'async', false), instructionsOnly: true }
  ])
  const beside = await compareWorkloads(bench, 'route', bare, [
    { it: ours('request.sql', 'request', true) },
    { it: ours('AsyncLocalStorage', 'async', false) },
    { it: one('AsyncLocalStorage by hand', 'route/by-hand') },
    ...absent === undefined
      ? [
          { it: one('@fastify/otel and otel-instrumentation-postgres', 'peers/otel-postgres') }
        ]
      : []
  ])
  const missing: Result[] = absent === undefined
    ? []
    : [
        {
          row: 'route',
          node: node.version,
          what: 'peers',
          beside: bare.name,
          measure: 'instructions',
          unit: 'instructions',
          missing: absent
        }
      ]
  return [...charged, ...beside, ...missing]
}
