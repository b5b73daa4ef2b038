import type { Measured } from './alternate.js'
import type { Bench } from './bench.js'
import type { Heap } from './control.js'
import { start } from './program.js'
import type { Workload } from './workload.js'

const warm = 30_000
const measured = 10_000

/**
 * Starts a workload's program for the nth time; a round is the bytes of heap that it allocated per unit.
 * The young generation is made so large that nothing is collected during a round: then what the heap grew by is what
 * was allocated.
 */
export async function allocation ({ apart }: Bench, { open }: Workload, nth: number): Promise<Measured> {
  const flags = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512']
  const { program, work } = await open(async options => await start({ ...options, under: apart, flags }), nth)
  try {
    await work(warm)
  } catch (error) {
    await program.stop()
    throw error
  }
  return {
    stop: program.stop,
    async round () {
      const before = await program.ask<Heap>('emptyHeap')
      await work(measured)
      const after = await program.ask<Heap>('heap')
      if (after.collections !== before.collections) {
        throw new Error('Garbage was collected during the round: its figure means nothing')
      }
      return (after.bytes - before.bytes) / measured
    }
  }
}
