import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of package.json, which lies above both the sources and what is built from them. */
export const root: string = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot (directory: string): string {
  // The sources have a package.json of their own, which says what the service needs besides the plugins.
  if (existsSync(join(directory, 'package.json')) && !existsSync(join(directory, 'server.ts'))) return directory
  const parent = dirname(directory)
  if (parent === directory) {
    throw new Error(
      `No package.json lies above ${fileURLToPath(import.meta.url)}: ` +
      'was fastify-vitals bundled? Leave it out of the bundle'
    )
  }
  return findRoot(parent)
}
