import { readFileSync } from 'node:fs'
import { readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Returns the process id of a cluster's server; undefined when none runs. */
export async function pidOf (cluster: string): Promise<number | undefined> {
  const [pid] = await readPidFile(cluster)
  return pid && await isServerOf(cluster, Number(pid)) ? Number(pid) : undefined
}

/** Returns the port of a cluster's server; undefined when none runs. */
export async function portOf (cluster: string): Promise<number | undefined> {
  const [pid, , , port] = await readPidFile(cluster)
  return pid && port && await isServerOf(cluster, Number(pid)) ? Number(port) : undefined
}

/** Throws an Error with a sentence when a server of the cluster runs. Removes the file that a killed one has left. */
export async function refuseSecondInstance (cluster: string): Promise<void> {
  const [pid] = await readPidFile(cluster)
  if (!pid) return
  if (await isServerOf(cluster, Number(pid))) {
    throw new Error(
      `The data directory ${resolve(cluster, '..')} is in use by another instance ` +
      `(its PostgreSQL has process id ${pid}): stop that one, or set DATA_DIR to another directory`
    )
  }
  await rm(pidFileOf(cluster))
}

/** Returns the lines of the file that a cluster's server writes of itself; empty ones where there is none. */
async function readPidFile (cluster: string): Promise<string[]> {
  return (await readFile(pidFileOf(cluster), 'utf8').catch(() => '')).split('\n')
}

function pidFileOf (cluster: string): string {
  return join(cluster, 'postmaster.pid')
}

/** Returns a function that tells whether the process that has this id now is still running. */
export function lifeOf (pid: number): () => boolean {
  const start = startOf(pid)
  return () => start !== undefined && startOf(pid) === start
}

/**
 * Returns when a process began, in clock ticks, which tells it from a later one with the same id; undefined when it has
 * ended, and always 0 where the system does not tell. It is one small synchronous read, since it is done often:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function startOf (pid: number): number | undefined {
  if (process.platform !== 'linux') return isAlive(pid) ? 0 : undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /[ZX]/.test(fields[0] ?? '') ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Tells whether a process is the server of a cluster. By now, the id in the file may be that of another program, or of
 * another cluster's server. The working directory of a server is its cluster; a process whose directory cannot be read
 * belongs to another user, and so does its cluster.
 */
async function isServerOf (cluster: string, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid)
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  const [, state] = /^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')) ?? []
  return name.trim() === 'postgres' &&
    state !== 'Z' &&
    await readlink(`/proc/${pid}/cwd`).catch(() => '') === await realpath(cluster)
}
