import { readFileSync } from 'node:fs'

/** Milliseconds in which Linux tells processor time. */
const tickMs = 10
/** Where the state, and the time in user and in system mode, are behind a thread's name. */
const [stateAt, userAt, systemAt] = [0, 11, 12]

/**
 * Returns a function that tells of the last `ms` milliseconds for how many main had what it needed: it used the
 * processor, or waited for something else, as in a system call. Where nothing tells, as except on Linux, that is all
 * of them.
 */
export function mainTime (): (ms: number) => number {
  let usedMs = readMain()?.usedMs ?? 0
  return ms => {
    const main = readMain()
    if (main === undefined) return ms
    const used = main.usedMs - usedMs
    usedMs = main.usedMs
    return main.isRunnable ? used : ms
  }
}

// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the main thread has the number of its process.
function readMain (): { isRunnable: boolean, usedMs: number } | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      isRunnable: fields[stateAt] === 'R',
      usedMs: (Number(fields[userAt]) + Number(fields[systemAt])) * tickMs
    }
  } catch {
    return undefined
  }
}
