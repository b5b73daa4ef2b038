import { getPriority, setPriority } from 'node:os'

/**
 * By how much this thread is nicer than the others of the process. With one processor for all of them it still gets a
 * quarter of it while main is busy, so that probes are answered in time; main gets the rest.
 */
const nicer = 5
const nicest = 19

/**
 * Has the threads that serve requests go before this one. Only on Linux has a thread a priority of its own, and 0
 * stands for the one that calls; elsewhere it would be the whole process.
 */
export function yieldToMain (): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, Math.min(nicest, getPriority(0) + nicer))
  } catch {
    // Where this is forbidden, it competes with main as any thread does.
  }
}
