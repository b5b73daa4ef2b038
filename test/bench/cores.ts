import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Keeps this process, and what it starts, on one core, and returns the command that puts a program on another.
 * Returns an empty command where there is only one core or no `taskset`.
 */
export async function shareCores (): Promise<string[]> {
  const [measured, others] = await allowedCores()
  if (measured === undefined || others === undefined) return []
  return await run('taskset', ['-acp', String(others), String(process.pid)]).then(
    () => ['taskset', '-c', String(measured)],
    () => []
  )
}

/** The command that puts a program on any core that this process had when it started. */
export function anyCore (): string[] {
  return all.length > 1 ? ['taskset', '-c', all.join()] : []
}

const all = await allowedCores()

/**
 * Puts a process' main thread, and no other of its threads, on the core that a command of shareCores() stands for,
 * where it goes before all other programs if it may. Throws an Error where that is no core.
 */
export async function pinMain ([, , core]: string[], pid: number): Promise<void> {
  if (core === undefined) throw new Error('There are no two cores, or no taskset, to keep main and others apart')
  await run('taskset', ['-cp', core, String(pid)])
  await run('chrt', ['-f', '-p', '1', String(pid)]).catch(() => {})
}

/** The command that has a program go before all others on its core; empty where that may not be. */
export async function goingFirst (): Promise<string[]> {
  const command = ['chrt', '-f', '1']
  return await run('chrt', [...command.slice(1), 'true']).then(() => command, () => [])
}

async function allowedCores (): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]
  return list === undefined ? [] : list.split(',').flatMap(coresIn)
}

function coresIn (range: string): number[] {
  const [first = NaN, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
