import type { NextTickState } from '../fixtures/next-tick.js'
import type { Measured } from './alternate.js'
import type { Bench } from './bench.js'
import { start } from './program.js'
import type { Workload } from './workload.js'

const warm = 30_000
const measured = 10_000

/**
 * Starts a workload's program for the nth time; a round is the µs of CPU time that its process spent per unit, in user
 * space and in the kernel.
 */
export async function cpuTime ({ apart }: Bench, { weight = 1, open }: Workload, nth: number): Promise<Measured> {
  const { program, work } = await open(async options => await start({ ...options, under: apart }), nth)
  const spent = async () => {
    const { user, system } = await program.ask<NodeJS.CpuUsage>('cpu')
    return user + system
  }
  try {
    await work(warm / weight)
  } catch (error) {
    await program.stop()
    throw error
  }
  return {
    stop: program.stop,
    nextTick: async () => await program.ask<NextTickState>('nextTick'),
    async round () {
      const before = await spent()
      await work(measured / weight)
      return (await spent() - before) * weight / measured
    }
  }
}
