import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version in package.json, which lies above both the sources and what is built from them. */
export const version: string = findVersion(dirname(fileURLToPath(import.meta.url)))

function findVersion (directory: string): string {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version
  } catch (error) {
    const parent = dirname(directory)
    if (parent === directory) throw error
    return findVersion(parent)
  }
}
