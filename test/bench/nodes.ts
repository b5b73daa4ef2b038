import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Major versions of Node.js that are measured on, that of the image first. */
export const majors = [24, 20, 22, 26] as const

/** A Node.js to measure on. */
export interface NodeJs {
  /** Executable. */
  path: string
  /** As `process.version` has it. */
  version: string
}

/**
 * Finds the newest Node.js of a major version: the one that runs this, or else npm installs it below `.bench`.
 * Rejects with npm's words when it cannot be had.
 */
export async function nodeOf (major: number): Promise<NodeJs> {
  if (process.version.startsWith(`v${major}.`)) return { path: process.execPath, version: process.version }
  const directory = fileURLToPath(new URL(`../../nodes/${major}`, import.meta.url))
  const path = await installed(directory) ?? await install(directory, major)
  return { path, version: (await run(path, ['--version'])).stdout.trim() }
}

async function install (directory: string, major: number): Promise<string> {
  const name = `node-${process.platform}-${process.arch}@${major}`
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', directory, name])
  const path = await installed(directory)
  if (path === undefined) throw new Error(`${name} was installed in ${directory} and has no bin/node`)
  return path
}

async function installed (directory: string): Promise<string | undefined> {
  const modules = join(directory, 'node_modules')
  const name = (await readdir(modules).catch(() => [])).find(name => name.startsWith('node-'))
  return name === undefined ? undefined : join(modules, name, 'bin', 'node')
}
