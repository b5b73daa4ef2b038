import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnvFile } from './env-file.js'

/**
 * Returns the environment variables, with those that a file `.env` in the working directory adds. The environment goes
 * before the file, as in Docker Compose. Throws an Error with a sentence when the file is there but cannot be read, or
 * has a line that is no setting.
 */
export function readEnvironment (): NodeJS.Dict<string> {
  if (!existsSync('.env')) return process.env
  const path = resolve('.env')
  return { ...parseEnvFile(read(path), `The file ${path}`), ...process.env }
}

function read (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`The file ${path} cannot be read (${code}): let this user read it, or take it away`)
  }
}
