import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../bench.js'
import { compareSides, stepsOf, type Side } from '../compare.js'
import { onEachNode } from '../each-node.js'
import type { NodeJs } from '../nodes.js'
import type { Service } from '../programs/http/service.js'
import { start, type Start } from '../program.js'
import type { Result } from '../result.js'

/** Seconds of a round, and of one of a quick run. */
const [seconds, fewSeconds] = [30, 5]
/** Seconds from the start until V8 has shrunk its heap, which it does once after two minutes of idleness. */
const [restSeconds, fewRestSeconds] = [180, 15]

/** The part of a core that the built service takes while nobody asks it anything. */
export async function idle (bench: Bench): Promise<Result[]> {
  const once = { ...bench, plan: { ...bench.plan, starts: 1, rounds: bench.quick ? 2 : 6 } }
  return await onEachNode(once, 'idle', async node => {
    bench.progress.begin(`idle ${node.version}`, stepsOf(once, 1))
    const file = 'http/under-pressure-fastify-metrics'
    const argument: Service = { url: await bench.database() }
    return await compareSides(
      once,
      { row: 'idle', node: node.version, measure: 'CPU', unit: '% of a core' },
      side(once, node, 'Fastify with under-pressure and fastify-metrics', { file }),
      [{ it: side(once, node, 'the service', { file: 'http/service', argument }), target: { most: 0.1 } }]
    )
  })
}

function side ({ quick, apart }: Bench, node: NodeJs, name: string, program: Start): Side {
  return {
    name,
    open: async () => {
      const { ask, stop } = await start({ ...program, node: node.path, under: apart })
      const rested = performance.now() + (quick ? fewRestSeconds : restSeconds) * 1000
      const spent = async () => {
        const { user, system } = await ask<NodeJS.CpuUsage>('cpu')
        return (user + system) / 1e6
      }
      return {
        stop,
        round: async () => {
          await sleep(Math.max(0, rested - performance.now()))
          const [before, began] = [await spent(), performance.now()]
          await sleep((quick ? fewSeconds : seconds) * 1000)
          return (await spent() - before) / ((performance.now() - began) / 1000) * 100
        }
      }
    }
  }
}
