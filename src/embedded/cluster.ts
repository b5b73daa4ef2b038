import { randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.js'
import { complaintOf, makeRoom } from './complaint.js'
import { unprivileged } from './unprivileged.js'

/** Returns the directory of the cluster in a data directory. */
export function clusterOf (dataDir: string): string {
  return join(dataDir, 'postgres')
}

/** Tells whether a data directory has a cluster, which an earlier start has initialised. */
export async function hasCluster (dataDir: string): Promise<boolean> {
  return await exists(join(clusterOf(dataDir), 'PG_VERSION'))
}

/**
 * Returns the password of the cluster in a data directory. Makes both the directory and the password when there are
 * none. Throws an Error with a sentence when the directory cannot be written to, or the password cannot be read.
 */
export async function preparePassword (base: string): Promise<string> {
  const path = passwordFileOf(base)
  try {
    await makeDirectory(base)
    await writeFile(path, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' || !await exists(path)) {
      const isFull = code === 'ENOSPC' || code === 'EDQUOT'
      const advice = isFull ? makeRoom : 'set DATA_DIR to a directory that this user can write to'
      throw new Error(`Cannot write to the data directory ${base} (${code}): ${advice}`)
    }
  }
  return await readPassword(base).catch(({ code }) => {
    throw new Error(
      `The data directory ${base} belongs to another user (${code}): ` +
      'start as that user, or set DATA_DIR to another directory'
    )
  })
}

/** Reads the password of the cluster in a data directory. Rejects with the error of reading. */
export async function readPassword (base: string): Promise<string> {
  return await readFile(passwordFileOf(base), 'utf8')
}

function passwordFileOf (base: string): string {
  return join(base, 'postgres.password')
}

/** Initialises the cluster in a data directory. Throws an Error with a sentence when initdb fails. */
export async function initialise ({ initdb }: Binaries, base: string): Promise<void> {
  const cluster = clusterOf(base)
  const unfinished = `${cluster}.${process.pid}`
  try {
    await unprivileged(initdb, [
      '-D', unfinished, '--username=postgres', `--pwfile=${passwordFileOf(base)}`, '--auth=scram-sha-256',
      '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'
    ])
    await rename(unfinished, cluster)
  } catch (error) {
    throw new Error(`Cannot initialise PostgreSQL in ${base}: ${complaintOf(error)}`)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/**
 * Makes a directory, and those above it. The option `recursive` of Node.js would never return where a directory is
 * there and yet answers ENOENT to what is made in it, as /proc does.
 */
async function makeDirectory (path: string): Promise<void> {
  if (await exists(path)) return
  await makeDirectory(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EEXIST') throw error })
}

async function exists (path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}
