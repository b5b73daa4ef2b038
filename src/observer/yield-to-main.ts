import { getPriority, setPriority } from 'node:os'

/**
 * How much nicer, as `nice` counts, this thread is than the others of the process. On a single processor it still gets
 * a quarter of the time while main is busy, so that probes are answered in time.
 */
const nicer = 5
const nicest = 19

/**
 * Lets the threads that serve requests go before this one. Does nothing except on Linux, where a thread has a priority
 * of its own, and 0 is the thread that calls: elsewhere it would lower that of the whole process.
 */
export function yieldToMain (): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, Math.min(nicest, getPriority(0) + nicer))
  } catch {
    // Where this is forbidden, the thread competes with main as any other does.
  }
}
