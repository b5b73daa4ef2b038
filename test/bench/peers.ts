import { execFile } from 'node:child_process'
import { copyFile, mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Installs what the peers' programs need beside them, where these find it before what the project has.
 * Rejects with npm's words when it cannot be had.
 */
export async function installPeers (): Promise<void> {
  const directory = fileURLToPath(new URL('programs/peers/', import.meta.url))
  await mkdir(directory, { recursive: true })
  await copyFile(
    new URL('../../../test/bench/programs/peers/package.json', import.meta.url),
    `${directory}package.json`
  )
  // Without what they ask of an app, for then they would have a Fastify of their own.
  const flags = ['--legacy-peer-deps', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund']
  await run('npm', ['install', ...flags], { cwd: directory })
}
